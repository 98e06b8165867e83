import type { Json } from '../json.ts'

/**
 * One step of a mutation, in the schema's names: what the user wants, before it is judged and becomes changes.
 * Ids are made by the author. Values are JSON as in core/query `Row`.
 */
export type Act =
  | {
      readonly kind: 'create'
      readonly entity: string
      readonly id: string
      /** The id was made at random for this call, so a retry carries another one. */
      readonly generated?: boolean
      readonly fields: FieldActs
    }
  | { readonly kind: 'update'; readonly entity: string; readonly id: string; readonly fields: FieldActs }
  | { readonly kind: 'delete'; readonly entity: string; readonly id: string }

/** By name of a field or inverse; what is not named stays untouched. */
export type FieldActs = { readonly [name: string]: FieldAct }

export type FieldAct =
  /** Registers, to-one included. Null clears an optional one. */
  | { readonly kind: 'set'; readonly value: Json }
  /** Counters; decimal integer text, negative to decrement. */
  | { readonly kind: 'increment'; readonly by: string }
  /** Sets (elements), to-many and many-to-many (ids). */
  | { readonly kind: 'alter'; readonly add: readonly Json[]; readonly remove: readonly Json[] }

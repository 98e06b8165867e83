import type { Json } from '../json.ts'

/**
 * One step of a mutation, in the schema's names: what the user wants, before it is judged and becomes changes.
 * Ids are made by the author. Values are JSON as in core/query `Row`.
 */
export type Act = (
  | {
      readonly kind: 'create'
      readonly entity: string
      readonly id: string
      /** The id was made at random for this call, so a retry carries another one. */
      readonly generated?: boolean
      /** Fields whose values the model's functions made for this call: a retry makes others. */
      readonly authored?: readonly string[]
      readonly fields: FieldActs
    }
  | { readonly kind: 'update'; readonly entity: string; readonly id: string; readonly fields: FieldActs }
  | {
      readonly kind: 'delete'
      readonly entity: string
      readonly id: string
      /** Also if that deletes rows which the author had not seen. */
      readonly force?: true
    }
) & {
  /** Absent: in any case. */
  readonly given?: Given
}

/** When an act is done: decided under the lock, on what was there before the mutation. This is what makes an upsert. */
export interface Given {
  readonly entity: string
  /** The values of one unique key, or of the natural key, by field. */
  readonly key: { readonly [field: string]: Json }
  /** Done if such a row is there, or if there is none. */
  readonly there: boolean
  /** The id the row gets if it is created. Where it is there, its own id stands in the act instead. */
  readonly id: string
}

/** The log position at which an editor saw a text: a `Position`. */
export interface TextBase {
  readonly log: string
  readonly seqs: { readonly [tenant: string]: number }
}

/** By name of a field or inverse; what is not named stays untouched. */
export type FieldActs = { readonly [name: string]: FieldAct }

export type FieldAct =
  /** Registers, to-one included, and the singular end of a one-to-one (the other row's id). Null clears an optional one. */
  | { readonly kind: 'set'; readonly value: Json }
  /** Counters; decimal integer text, negative to decrement. */
  | { readonly kind: 'increment'; readonly by: string }
  /** Sets (elements), to-many and many-to-many (ids). */
  | { readonly kind: 'alter'; readonly add: readonly Json[]; readonly remove: readonly Json[] }
  /** Documents: assigns at places and removes others (JSON Pointers, none of them inside another). */
  | {
      readonly kind: 'assign'
      readonly set: readonly { readonly path: string; readonly value: Json }[]
      readonly remove: readonly string[]
    }
  /** Texts: make it say `value`, seen from `base` (null: from the head). Becomes a `text` before it is judged. */
  | { readonly kind: 'replace'; readonly value: string; readonly base: TextBase | null }
  /** Texts: append a Yjs update, in base64url. `admitted`: to the text of this row, by whoever prepares them. */
  | { readonly kind: 'text'; readonly update: string; readonly admitted?: string }

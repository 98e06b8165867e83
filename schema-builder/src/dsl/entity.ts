import type { Declared } from './field.ts'
import type { IndexKind } from './spec.ts'

/** The fields of an entity by name. */
export type Fields = { readonly [field: string]: Declared }

/** A node type: what `entity()` returns and `model()` takes. */
export interface Entity<F extends Fields = Fields> {
  readonly fields: F
  readonly options: EntityOptions<string>
}

export type Entities = { readonly [entity: string]: Entity }

/** `K`: the names of the entity's fields. */
export interface EntityOptions<K extends string> {
  /** The to-one field that says to which tenant a row belongs; `self`: every row is a tenant of its own. */
  readonly tenant?: K | 'self'
  /** The entity whose aggregate the rows are part of. */
  readonly aggregate?: string
  readonly index?: readonly (readonly K[] | IndexOptions<K>)[]
  /** What ids start with; computed from the name when absent, and fixed from then on by the lock. */
  readonly prefix?: string
  readonly graphql?: { readonly name?: string; readonly plural?: string }
  /** An earlier name: the entity keeps its number, its ids and its data. */
  readonly was?: string
}

export interface IndexOptions<K extends string> {
  readonly on: readonly K[]
  readonly kind?: IndexKind
  readonly unique?: boolean
}

/** Declares an entity. Its name is the key under which `model()` gets it. */
export function entity<F extends Fields>(
  fields: F,
  options: EntityOptions<keyof F & string> = {},
): Entity<F> {
  return { fields, options }
}

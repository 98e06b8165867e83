import type { Json } from '../json.ts'

/**
 * The intermediate representation: plain JSON from which tables, GraphQL and code are made.
 * It round-trips through JSON exactly; its identity is `modelHash` (core/ir/hash).
 */
export interface ModelIR {
  readonly format: 1
  readonly entities: readonly EntityIR[]
  /** Many-to-many relations; they share the number space of the entities. */
  readonly relations: readonly EdgeRelationIR[]
  /** The model said `open: true`: no policies, everything may be read and written. */
  readonly open: boolean
  /** Constructs that parse but are not enforced yet; `start` refuses them (`NOT_ENFORCED`). */
  readonly unenforced: readonly Construct[]
}

/** Something the developer wrote whose enforcement does not exist yet. */
export interface Construct {
  /** What it is, in the words of the DSL: `f.state()`, `policy`, `rules`, `.pii()`. */
  readonly construct: string
  /** Where it stands, e.g. `['Post', 'body']`. */
  readonly path: readonly string[]
}

export interface EntityIR {
  readonly name: string
  /** Stable, from the lock; never reused. */
  readonly number: number
  /** What every id of the entity starts with, before the underscore: `movie` in `movie_01J...`. */
  readonly prefix: string
  /** Fields of the natural key the id is made from; empty when ids are random. */
  readonly key: readonly string[]
  /** Data and to-one fields, in the order they were declared. `id` is implied and not listed. */
  readonly fields: readonly FieldIR[]
  /** The other ends of relations, in the order they were declared. They hold no data. */
  readonly inverses: readonly InverseIR[]
  readonly indexes: readonly IndexIR[]
  /** Values made from others when they are read; absent = none. They hold no data, and have no number. */
  readonly computed?: readonly ComputedIR[]
  readonly graphql: GraphqlNames
}

export interface ComputedIR {
  readonly name: string
  /** Always a scalar, made from `says` (core/ir/computation). */
  readonly type: TypeIR
  /** May be null. */
  readonly optional: boolean
  readonly says: Computation
  readonly graphql: { readonly name?: string }
}

/**
 * A value about a row: exact arithmetic (core/ir/computation for the types), null where an operand is. A sum leaves
 * nulls out and is 0 of nothing. Paths go through relations to one row; those of `count` and `sum` end in one to many.
 */
export type Computation =
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'count'; readonly path: readonly string[] }
  | { readonly kind: 'sum'; readonly path: readonly string[]; readonly of: Computation }
  | { readonly kind: 'plus' | 'minus' | 'times'; readonly left: Computation; readonly right: Computation }

/** Overrides of generated GraphQL names; absent = computed. */
export interface GraphqlNames {
  readonly name?: string
  readonly plural?: string
}

export interface FieldIR {
  readonly name: string
  /** Stable within the entity, from the lock; 1 and up (0 is the row itself: create and delete). */
  readonly number: number
  readonly crdt: CrdtKind
  readonly type: TypeIR
  /** May be null. Always false for counter, set, json and text. */
  readonly optional: boolean
  /** The literal used when a create leaves the field out; absent = none. */
  readonly default?: Json
  /** A function of the model makes the value at the author when a create leaves the field out. */
  readonly authored?: true
  /** Functions of the model validate the values: whoever writes must have them. */
  readonly check?: true
  /** Settable at create only. */
  readonly once: boolean
  readonly graphql: { readonly name?: string; readonly values?: { readonly [value: string]: string } }
}

/**
 * The merge behaviour of a field. A `json` is a document whose places are registers; json that is written as a whole is
 * a register. More kinds are reserved: state, serial.
 */
export type CrdtKind = 'register' | 'counter' | 'set' | 'json' | 'text'

/** The scalars, by their DSL name. */
export type ScalarName =
  | 'id'
  | 'string'
  | 'int'
  | 'float'
  | 'boolean'
  | 'datetime'
  | 'date'
  | 'bigint'
  | 'decimal'
  | 'bytes'
  | 'json'

/**
 * What a field holds. For `set` it is the type of the elements; `counter` is always `bigint`, `json` always `json`, `text` always `string`.
 * `enum` values keep their declared order; `ref` and `refs` are to-one relations and hold the target's id.
 */
export type TypeIR =
  | { readonly kind: 'scalar'; readonly scalar: Exclude<ScalarName, 'decimal'> }
  /** `scale` digits behind the point, 38 in all. */
  | { readonly kind: 'scalar'; readonly scalar: 'decimal'; readonly scale: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | {
      readonly kind: 'ref'
      readonly to: string
      readonly onDelete: 'restrict' | 'cascade' | 'setNull'
      /** One-to-one: at most one row may refer to a target (kept by the claim table). */
      readonly unique: boolean
    }
  /** Polymorphic to-one: the id of a row of one of these entities; its prefix says of which (core/ir/refer). */
  | {
      readonly kind: 'refs'
      readonly to: readonly string[]
      readonly onDelete: 'restrict' | 'cascade' | 'setNull'
      /** One-to-one: at most one row may refer to a target, whichever entity that is of. */
      readonly unique?: true
    }

/** The other end of a relation. */
export type InverseIR =
  /** To-many: the rows of `from` whose to-one field `via` refers to this one. */
  | { readonly kind: 'many'; readonly name: string; readonly from: string; readonly via: string }
  /** The singular, nullable other end of a one-to-one. */
  | { readonly kind: 'single'; readonly name: string; readonly from: string; readonly via: string }
  /** Many-to-many, on either side: `end` says which end of the edges this entity is. */
  | { readonly kind: 'edges'; readonly name: string; readonly relation: string; readonly end: 'from' | 'to' }

/** A many-to-many relation, owned by the side that declared it without naming an inverse. */
export interface EdgeRelationIR {
  /** `Movie.genres`: owner entity and field. */
  readonly name: string
  readonly number: number
  readonly from: string
  readonly to: string
}

export interface IndexIR {
  readonly on: readonly string[]
  /** `fulltext`: what `search` looks at, all such fields of the entity together (core/ir/fulltext). */
  readonly kind: 'btree' | 'hash' | 'fulltext'
  /** At most one row per tenant has these values: kept by the claim table (core/ir/unique), not by the database's index. */
  readonly unique?: true
}

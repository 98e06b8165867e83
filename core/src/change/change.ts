import type { Json } from '../json.ts'
import type { Hlc } from './clock.ts'

/** The version of the format described in CHANGE.md; a golden hash guards it. */
export const CHANGE_VERSION = 1

/**
 * The unit of replication: one immutable, HLC-stamped set of ops on one instance.
 * An instance is a row (`entity`, `key` = id) or an edge (`entity` = relation, `key` = `<from>|<to>`).
 */
export interface Change {
  readonly v: typeof CHANGE_VERSION
  readonly id: Hlc
  readonly tenant: string
  /** Hash of the IR under which the author wrote it. */
  readonly schema: string
  /** Number of the entity or relation. */
  readonly entity: number
  readonly key: string
  /** At most one op per field; sorted by field. */
  readonly ops: readonly Op[]
  /** The log position the author held, or null: at the head, under the lock. */
  readonly base: Base | null
  /** The principal who made it. */
  readonly by: string
  readonly mutation: MutationRef
}

export interface Base {
  readonly log: string
  readonly seq: number
}

/** Which mutation a change is part of: the `index`th change of the client's `n`th mutation. */
export interface MutationRef {
  readonly client: string
  readonly n: number
  readonly index: number
}

/** What a change does to one field. Each op names its own CRDT kind: merge needs no schema. */
export type Op =
  | { readonly field: 0; readonly kind: 'create' }
  | { readonly field: 0; readonly kind: 'delete' }
  /** On edges only. `remove` names the tags (change ids of adds) that it saw. */
  | { readonly field: 0; readonly kind: 'edge'; readonly add: boolean; readonly remove: readonly Hlc[] }
  | { readonly field: number; readonly kind: 'register'; readonly value: Json }
  /** `by` is a decimal integer as text. */
  | { readonly field: number; readonly kind: 'counter'; readonly by: string }
  /** `remove` names, per element, the tags that it saw. */
  | {
      readonly field: number
      readonly kind: 'set'
      readonly add: readonly Json[]
      readonly remove: readonly { readonly element: Json; readonly tags: readonly Hlc[] }[]
    }
  /** Assigns at places of a document (JSON Pointers, none of them inside another), and removes what is at others. */
  | {
      readonly field: number
      readonly kind: 'json'
      readonly set: readonly { readonly path: string; readonly value: Json }[]
      readonly remove: readonly string[]
    }
  /** `update` is a Yjs update in base64url, opaque here. */
  | { readonly field: number; readonly kind: 'text'; readonly update: string }

import type { Json } from '../json.ts'
import type { Hlc } from './clock.ts'

/**
 * The merged state of one row or edge: plain JSON, a pure function of the set of changes seen.
 * MERGE.md has the laws.
 */
export interface Instance {
  /** Genesis: the smallest create id. Null: ops that wait for their create, hidden. Always null on edges. */
  readonly born: Hlc | null
  /** The smallest delete id. Final: everything else is blank once it is set. */
  readonly dead: Hlc | null
  /** By field number; field 0 is the edge itself. */
  readonly cells: { readonly [field: number]: Cell }
}

/** The state of one field. */
export type Cell =
  | { readonly kind: 'register'; readonly at: Hlc; readonly value: Json }
  | { readonly kind: 'counter'; readonly sum: string }
  | { readonly kind: 'set'; readonly elements: { readonly [element: string]: Tags } }
  | { readonly kind: 'edge'; readonly tags: Tags }
  /** By JSON Pointer, what is assigned there. Without a value: removed. */
  | {
      readonly kind: 'json'
      readonly paths: { readonly [path: string]: { readonly at: Hlc; readonly value?: Json } }
    }

/**
 * How often each tag was added minus how often removed. An add happens once, so a tag is live iff its
 * count is 1; at 0 the entry is dropped; below 0 it waits for an add (or was removed twice at once).
 * Sums commute, so does delivery. Set elements are keyed by their canonical JSON.
 */
export type Tags = { readonly [tag: Hlc]: number }

/** What nothing has happened to yet. */
export const NOTHING: Instance = { born: null, dead: null, cells: {} }

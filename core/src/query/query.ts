import type { Json } from '../json.ts'
import type { Expression } from './expression.ts'

/**
 * Rows by field name, always with `id`, as plain JSON: int, float: number; bigint, counter: decimal text;
 * datetime: RFC 3339 UTC text with milliseconds (`2026-11-21T10:00:00.000Z`); date: `YYYY-MM-DD`; ref: the target's id or null;
 * set: its elements in order; text: as it reads now (`stateOf` its Yjs state); missing: null.
 */
export type Row = { readonly id: string; readonly [field: string]: Json }

/** A read of rows of one entity, of its own or batched by parent. */
export interface Query {
  readonly entity: string
  /** Names of the fields wanted; `id` comes always. */
  readonly fields: readonly string[]
  readonly where?: Expression
  /** Only rows that match, see core/query/search; the order may begin with `RANK` then. */
  readonly search?: string
  /** Ends in `id`, always (core/query/order: `totalOrder`). Nulls sort as greater than any value. */
  readonly order: readonly Order[]
  /** At most this many rows (per parent, if `under` is there); absent = all. */
  readonly limit?: number
  /** The last `limit` rows instead of the first; the answer is in `order` all the same. */
  readonly reverse?: boolean
  /** Only rows strictly behind these values of the order's fields. */
  readonly after?: readonly Json[]
  /** Only rows strictly before these values of the order's fields. */
  readonly before?: readonly Json[]
  /** `after` and `before` let the row through that they name. */
  readonly inclusive?: boolean
  /** Each row also carries the values of the order's fields, as its member `$key` (`KEY`). */
  readonly keyed?: boolean
  /** Follow a relation from these parents: the answer is one list of rows per parent id. */
  readonly under?: Under
}

/** Where a row of a keyed query holds its key; no field is called so. */
export const KEY = '$key'

/** A text's Yjs state in base64url can be asked for beside the text, as this field. */
export function stateOf(field: string): string {
  return `${field}${STATE}`
}

/** The text that such a field belongs to; null for any other. */
export function textOfState(field: string): string | null {
  return field.endsWith(STATE) ? field.slice(0, -STATE.length) : null
}

const STATE = '#state'

export interface Order {
  /** A field of the entity, or one reached through to-one relations. */
  readonly path: readonly string[]
  readonly direction: 'asc' | 'desc'
}

/** The relation `entity.relation` (a to-many, single or edges inverse) and the ids it is followed from. */
export interface Under {
  readonly entity: string
  readonly relation: string
  readonly ids: readonly string[]
}

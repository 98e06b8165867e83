import { decodeText, encodeText } from '../base64url.ts'
import { sha256Hex } from '../hash.ts'
import { canonical, isList, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { Expression } from './expression.ts'
import type { Order } from './query.ts'

/** What a page cursor is bound to: behind it only the same list goes on. */
export interface PageOf {
  readonly entity: string
  readonly where?: Expression
  readonly search?: string
  readonly order: readonly Order[]
  readonly tenant: string
  /** Where the list hangs below a row: `Person.directed`. */
  readonly relation?: string
}

const MARK = 'p1.'

/** A short name of the list that a cursor belongs to: 16 hex digits, against mistakes, not against forgery. */
export function pageBinding({ entity, where, search, order, tenant, relation }: PageOf): string {
  return sha256Hex(canonical({ entity, where, search, order, tenant, relation } as unknown as Json)).slice(
    0,
    16,
  )
}

/** `key` holds the values of the order's fields in the row that the cursor points at. Format: ports/CURSOR.md. */
export function encodePageCursor(binding: string, key: readonly Json[]): string {
  return MARK + encodeText(canonical([binding, ...key]))
}

/**
 * The key inside a page cursor, or the problem `BAD_CURSOR`, whose message says which mistake it is. Whether the
 * values fit the order's fields is for `checkQuery` to say: whoever sends a cursor may have made it up.
 */
export function decodePageCursor(
  text: string,
  binding: string,
  path: readonly string[] = ['after'],
): readonly Json[] | Problem {
  if (text.startsWith('c1.')) {
    return bad(path, 'This is a log position (for `since`), not a page cursor; use `endCursor` of this list')
  }
  if (!text.startsWith(MARK)) return bad(path, 'This is no page cursor; use `endCursor` as the API gave it')
  const content = decodeText(text.slice(MARK.length))
  const parts = content === null ? null : listOf(content)
  if (!parts) return bad(path, 'This page cursor is damaged; use `endCursor` as the API gave it')
  const [bound, ...key] = parts
  if (bound !== binding) {
    return bad(
      path,
      'This page cursor is of a list with another filter, order or tenant; start again without it',
    )
  }
  return key
}

function listOf(content: string): readonly Json[] | null {
  try {
    const value: Json = JSON.parse(content)
    // One key, one cursor: what does not come out as it went in was not written here.
    return isList(value) && canonical(value) === content ? value : null
  } catch {
    return null
  }
}

function bad(path: readonly string[], message: string): Problem {
  return problem('BAD_CURSOR', path, message)
}

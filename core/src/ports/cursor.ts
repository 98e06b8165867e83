import { decodeText, encodeText } from '../base64url.ts'
import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { Position } from './position.ts'

const MARK = 'c1.'

/** A position as the opaque text that clients keep. Equal positions give equal texts. Format: CURSOR.md. */
export function encodeCursor({ log, seqs }: Position): string {
  return MARK + encodeText(canonical({ log, seqs }))
}

/**
 * The position inside a cursor, or the problem `BAD_CURSOR`, whose message says which mistake it is.
 * Whether the position is of this log and not beyond its head is for the feed to say.
 */
export function decodeCursor(text: string, path: readonly string[] = ['since']): Position | Problem {
  if (text.startsWith('p1.')) {
    return bad(
      path,
      'This is a page cursor (for `after`), not a log position; use the `cursor` of a response or feed batch',
    )
  }
  if (!text.startsWith(MARK)) return bad(path, 'This is no cursor; use one as the API gave it')
  const content = decodeText(text.slice(MARK.length))
  return (
    (content === null ? null : positionOf(content)) ??
    bad(path, 'This cursor is damaged; use one as the API gave it')
  )
}

/** Strict: exactly what `encodeCursor` writes. */
function positionOf(content: string): Position | null {
  const value = parse(content)
  if (!isObject(value) || Object.keys(value).length !== 2) return null
  const { log, seqs } = value
  if (typeof log !== 'string' || log === '' || !isObject(seqs) || !isSeqs(seqs)) return null
  const position = { log, seqs }
  return canonical(position) === content ? position : null
}

/** A scope reads its own tenant and `main`, so there are one or two. */
function isSeqs(seqs: { readonly [tenant: string]: Json }): seqs is { readonly [tenant: string]: number } {
  const entries = Object.entries(seqs)
  if (entries.length < 1 || entries.length > 2) return false
  return entries.every(([tenant, seq]) => isTenant(tenant) && Number.isSafeInteger(seq) && Number(seq) >= 0)
}

/** As long as a change may name it; `__proto__` would be no member of an object that copies this one. */
function isTenant(name: string): boolean {
  return name.length >= 1 && name.length <= 256 && name !== '__proto__'
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(content: string): Json {
  try {
    return JSON.parse(content)
  } catch {
    return null
  }
}

function bad(path: readonly string[], message: string): Problem {
  return problem('BAD_CURSOR', path, message)
}

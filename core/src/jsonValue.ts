import { canonical, type Json } from './json.ts'

/** A JSON value nests at most so many lists and objects. */
const DEPTH_LIMIT = 32
/** And has at most so many bytes of canonical JSON. */
const BYTE_LIMIT = 256 * 1024

/** Where a value is not what may be stored, and why: a whole sentence. */
export interface Unstorable {
  readonly path: readonly string[]
  readonly message: string
}

export type ParsedJson = { readonly ok: true; readonly value: Json } | ({ readonly ok: false } & Unstorable)

/**
 * A value of a json field in its one form: members in the order of their names, nothing but JSON. Refused: what is
 * no JSON, nests too deep or is too large; text that no store can hold; and the names `__proto__` and `constructor`,
 * by which an object would change its nature wherever somebody copies it member by member. O(size), and stops at the
 * limits.
 */
export function parseJson(value: unknown): ParsedJson {
  const found = unstorable(value, [], { left: BYTE_LIMIT })
  if (found) return { ok: false, ...found }
  const text = canonical(value as Json)
  if (new TextEncoder().encode(text).length > BYTE_LIMIT) return { ok: false, ...tooLarge([]) }
  return { ok: true, value: JSON.parse(text) }
}

/** Every value is a byte of JSON at least, so the budget ends what would never end. */
function unstorable(value: unknown, path: readonly string[], budget: { left: number }): Unstorable | null {
  if (budget.left-- <= 0) return tooLarge([])
  if (value === null || typeof value === 'boolean') return null
  if (typeof value === 'string') return isStorable(value) ? null : { path, message: UNFIT_TEXT }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? null : { path, message: `JSON cannot hold the number ${value}` }
  }
  if (typeof value !== 'object') return { path, message: `JSON cannot hold a ${typeof value}` }
  if (path.length >= DEPTH_LIMIT) {
    return { path, message: `The value nests deeper than ${DEPTH_LIMIT} levels; flatten it` }
  }
  return inside(value, path, budget)
}

function inside(value: object, path: readonly string[], budget: { left: number }): Unstorable | null {
  if (!Array.isArray(value) && !isPlain(value)) return { path, message: 'JSON holds plain objects only' }
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name]
    if (REFUSED.has(name)) return { path: at, message: `No member may be called ${name}` }
    if (!isStorable(name)) return { path, message: UNFIT_TEXT }
    if (member === undefined && !Array.isArray(value)) continue
    const found = unstorable(member, at, budget)
    if (found) return found
  }
  return null
}

const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'constructor'])
const UNFIT_TEXT = 'The text holds U+0000 or half a surrogate pair, which cannot be stored'

function isStorable(text: string): boolean {
  return !/[\0\ud800-\udfff]/u.test(text)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function tooLarge(path: readonly string[]): Unstorable {
  return { path, message: `The value has more than ${BYTE_LIMIT} bytes of JSON; use an entity instead` }
}

import { canonical, type Json } from '../json.ts'
import { sha256 } from '../sha256.ts'
import { base32, digits } from './base32.ts'
import { MAX_MS } from './clock.ts'

/** `<prefix>_<rest>`: the prefix names the entity, the rest never contains an underscore. Case-sensitive. */
export interface IdParts {
  readonly prefix: string
  readonly rest: string
}

/**
 * A new random id, e.g. `post_01jd8w6x9me5v0c2r7t4k3hz8q`: 26 lower-case Crockford digits, 10 for the time and
 * 16 = 80 random bits. Sorts by time, as bytes. `now` in ms since 1970; `random` must be cryptographic, since ids
 * must not be guessable. Throws a RangeError on a time outside 48 bits or a source that gives too little.
 */
export function randomId(prefix: string, now: number, random: (bytes: number) => Uint8Array): string {
  const ms = Math.floor(now)
  if (!(ms >= 0 && ms <= MAX_MS)) throw new RangeError(`Not a time of 48 bits in ms: ${now}`)
  const bytes = random(10)
  if (bytes.length !== 10) throw new RangeError(`Asked for 10 random bytes, got ${bytes.length}`)
  return `${prefix}_${(digits(ms, 10) + base32(bytes)).toLowerCase()}`
}

/**
 * The id that a natural key makes: a single text or number of `[A-Za-z0-9-]{1,64}` verbatim (`artist_1`), anything
 * else the first 130 bits of SHA-256 over the key's canonical JSON, as 26 lower-case digits.
 *
 * Verbatim text that has the form of a hash is hashed too: otherwise whoever may choose a key could choose the
 * hash of somebody else's, and two keys would share an id. The number 1 and the text '1' do give the same id:
 * a key field has one type, and a CSV and a JSON import of the same data must agree.
 */
export function keyId(prefix: string, values: readonly Json[]): string {
  if (values.length === 0) throw new RangeError('A natural key needs at least one value')
  const [value] = values
  if (values.length === 1 && (typeof value === 'string' || typeof value === 'number')) {
    const text = String(value)
    if (REST.test(text) && !HASHED.test(text)) return `${prefix}_${text}`
  }
  const digest = sha256(new TextEncoder().encode(canonical(values)))
  return `${prefix}_${base32(digest).slice(0, 26).toLowerCase()}`
}

/** Null for anything that is not an id. */
export function parseId(text: string): IdParts | null {
  const parts = ID.exec(text)
  return parts ? { prefix: parts[1] as string, rest: parts[2] as string } : null
}

/** The key of an edge of a many-to-many relation: its ends in the relation's direction. */
export function edgeKey(from: string, to: string): string {
  return `${from}|${to}`
}

/** Both ends' ids; null if the text is no edge key. */
export function parseEdgeKey(key: string): { readonly from: string; readonly to: string } | null {
  const [from, to, ...more] = key.split('|')
  if (from === undefined || to === undefined || more.length > 0) return null
  return ID.test(from) && ID.test(to) ? { from, to } : null
}

const REST = /^[A-Za-z0-9-]{1,64}$/
const HASHED = /^[0-9a-hjkmnp-tv-z]{26}$/
const ID = /^([a-z][a-z0-9]{0,31})_([A-Za-z0-9-]{1,64})$/

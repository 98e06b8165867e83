import { decodeBytes } from '../base64url.ts'
import { compareDecimals, DECIMAL_DIGITS, parseDecimal } from '../decimal.ts'
import type { ScalarName, TypeIR } from '../ir/ir.ts'
import { canonical, type Json } from '../json.ts'
import { parseJson } from '../jsonValue.ts'

/**
 * The values of each type: their one JSON form (core/query `Row`), who may pass as one, and their order, which is
 * Postgres' order for the columns that hold them:
 * - text (string, id, to-one, enum): by code point, as `COLLATE "C"`. Enums sort as text, not as declared.
 * - int, float: as numbers. bigint and counters: as integers, of any length.
 * - decimal: by value, whatever the scale. bytes (base64url) and json have no order; bytes are equal or not.
 * - boolean: false before true. date, datetime: in time, which their text form sorts by.
 */
export type Parsed =
  | { readonly ok: true; readonly value: Json }
  /** `path` leads into the value, of json. */
  | { readonly ok: false; readonly message: string; readonly path?: readonly string[] }

/** Texts are at most this long, in UTF-16 code units. */
const TEXT_LIMIT = 1_000_000
/** Bytes of one value. */
const BYTES_LIMIT = 256 * 1024

/**
 * The value of the type that `value` stands for, in its one JSON form; of a set's type, for one element.
 * Three types have other forms: of datetimes RFC 3339 with any offset becomes UTC with milliseconds, the rest of the
 * fraction is cut off; decimals get all their places; members of json come in the order of their names. Everything else is taken as it is (-0 as 0) or refused, with a message that is a whole sentence.
 */
export function parseValue(type: TypeIR, value: unknown): Parsed {
  switch (type.kind) {
    case 'scalar':
      return type.scalar === 'decimal' ? decimal(type.scale, value) : SCALARS[type.scalar](value)
    case 'enum':
      if (typeof value === 'string' && type.values.includes(value)) return { ok: true, value }
      return refused(value, `one of ${type.values.join(', ')}`)
    case 'ref':
    case 'refs':
      return SCALARS.id(value)
  }
}

/** Values of one family compare with each other; null for a pair that does not. */
export type Family =
  | 'text'
  | 'number'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'bytes'
  | 'json'

export function familyOf(type: TypeIR): Family {
  return type.kind === 'scalar' ? FAMILIES[type.scalar] : 'text'
}

const FAMILIES: { readonly [S in ScalarName]: Family } = {
  id: 'text',
  string: 'text',
  int: 'number',
  float: 'number',
  boolean: 'boolean',
  datetime: 'datetime',
  date: 'date',
  bigint: 'integer',
  decimal: 'decimal',
  bytes: 'bytes',
  json: 'json',
}

/** Whether values of the type can be sorted and compared by more than equality. */
export function isOrdered(type: TypeIR): boolean {
  const family = familyOf(type)
  return family !== 'bytes' && family !== 'json'
}

/** Negative, zero or positive, as sort wants it. Neither value is null. */
export type Compare = (a: Json, b: Json) => number

export function compareOf(family: Family): Compare {
  switch (family) {
    case 'integer':
      return (a, b) => compareIntegers(String(a), String(b))
    case 'decimal':
      return (a, b) => compareDecimals(String(a), String(b))
    case 'number':
    case 'boolean':
      return (a, b) => Number(a) - Number(b)
    case 'json':
      return (a, b) => compareText(canonical(a), canonical(b))
    case 'text':
    case 'date':
    case 'datetime':
    case 'bytes':
      return (a, b) => compareText(String(a), String(b))
  }
}

/**
 * By code point, as UTF-8 bytes and `COLLATE "C"` do. JavaScript's `<` compares UTF-16 units and puts U+1F600
 * (written as two surrogates) before U+FF5E.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all that one unit can hold. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Canonical decimal integers of any length. */
function compareIntegers(a: string, b: string): number {
  const negative = a.startsWith('-')
  if (negative !== b.startsWith('-')) return negative ? -1 : 1
  const sign = negative ? -1 : 1
  if (a.length !== b.length) return (a.length - b.length) * sign
  return a === b ? 0 : a < b ? -sign : sign
}

const SCALARS: { readonly [S in Exclude<ScalarName, 'decimal'>]: (value: unknown) => Parsed } = {
  id: value =>
    accept(
      typeof value === 'string' && ID.test(value),
      value,
      'an id (like movie_01jd8w6x9me5v0c2r7t4k3hz8q)',
    ),
  string: parseString,
  int: value =>
    Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31
      ? { ok: true, value: Number(value) + 0 }
      : refused(value, 'an integer of 32 bits'),
  float: value =>
    typeof value === 'number' && Number.isFinite(value)
      ? { ok: true, value: value + 0 }
      : refused(value, 'a finite number'),
  boolean: value => accept(typeof value === 'boolean', value, 'true or false'),
  datetime: value => {
    const text = typeof value === 'string' ? instantOf(value) : null
    return text === null ? refused(value, 'a time like 2026-11-21T10:00:00.000Z') : { ok: true, value: text }
  },
  date: value => accept(typeof value === 'string' && isDay(value), value, 'a day like 2026-11-21'),
  bigint: value =>
    accept(typeof value === 'string' && isInt64(value), value, "an integer of 64 bits as text, like '42'"),
  bytes: parseBytes,
  json: value => (value === null ? refused(value, 'a JSON value; null is no value') : parseJson(value)),
}

function decimal(scale: number, value: unknown): Parsed {
  const text = typeof value === 'string' ? parseDecimal(value, scale) : null
  if (text !== null) return { ok: true, value: text }
  const words = `a decimal number as text, with ${scale} places and ${DECIMAL_DIGITS} digits in all at most`
  return refused(value, words)
}

function parseBytes(value: unknown): Parsed {
  if (typeof value !== 'string') return refused(value, 'bytes as base64url text')
  if (value.length > Math.ceil((BYTES_LIMIT * 4) / 3)) {
    return { ok: false, message: `The value has more than ${BYTES_LIMIT} bytes; that is the limit` }
  }
  return accept(decodeBytes(value) !== null, value, "bytes as base64url text without padding, like 'AQID'")
}

/** The shape of core/change/id, which a query does not import; a test holds them equal. */
const ID = /^[a-z][a-z0-9]*_[A-Za-z0-9-]{1,64}$/

/** Neither has a place in UTF-8 text columns: U+0000, and half a surrogate pair. */
const UNFIT = /[\0\ud800-\udfff]/u

function parseString(value: unknown): Parsed {
  if (typeof value !== 'string') return refused(value, 'text')
  if (value.length > TEXT_LIMIT) {
    return { ok: false, message: `The text has ${value.length} characters; ${TEXT_LIMIT} are the limit` }
  }
  if (UNFIT.test(value)) {
    return { ok: false, message: 'The text holds U+0000 or half a surrogate pair, which cannot be stored' }
  }
  return { ok: true, value }
}

function isInt64(text: string): boolean {
  return /^(0|-?[1-9][0-9]{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

/** A day of the calendar in the years 0001 to 9999. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false
  const ms = Date.parse(`${text}T00:00:00.000Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3])(:[0-5]\d:[0-5]\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** UTC with milliseconds; null for what is no RFC 3339 time of the years 0001 to 9999 in UTC. No leap seconds. */
function instantOf(text: string): string | null {
  const parts = INSTANT.exec(text)
  if (!parts) return null
  const [, day = '', hour, rest, fraction = '', sign, hours = '0', minutes = '0'] = parts
  if (!isDay(day)) return null
  const local = Date.parse(`${day}T${hour}${rest}.${fraction.padEnd(3, '0').slice(0, 3)}Z`)
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  const utc = new Date(local - offset).toISOString()
  return /^\d{4}-/.test(utc) && !utc.startsWith('0000') ? utc : null
}

function accept(holds: boolean, value: unknown, words: string): Parsed {
  return holds ? { ok: true, value: value as Json } : refused(value, words)
}

function refused(value: unknown, words: string): Parsed {
  const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
  return { ok: false, message: `${shown.length > 80 ? `${shown.slice(0, 80)}...` : shown} is not ${words}` }
}

import { decodeBytes } from '@zg/core/base64url'
import { parseDecimal } from '@zg/core/decimal'
import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import { canonical, isList, type Json } from '@zg/core/json'
import { parseJson } from '@zg/core/jsonValue'

/**
 * Values between JSON (core/query `Row`) and the text that Postgres reads and prints.
 */

/** As a text parameter to be cast to the column's type; undefined if the column cannot hold it. */
export function toColumn({ type, crdt }: FieldIR, value: Json): string | null | undefined {
  if (crdt !== 'set') return value === null ? null : elementText(type, value)
  if (!isList(value)) return undefined
  const elements: string[] = []
  for (const one of value) {
    const text = one === null ? undefined : elementText(type, one)
    if (text === undefined) return undefined
    elements.push(text)
  }
  return arrayText(elements)
}

/** From what the driver gives: the inverse of `toColumn`. */
export function fromColumn({ type, crdt }: Pick<FieldIR, 'type' | 'crdt'>, value: Json): Json {
  if (value === null) return null
  return crdt === 'set' && isList(value)
    ? value.map(one => elementValue(type, one))
    : elementValue(type, value)
}

/** From what Postgres prints: the inverse of `elementText`, and of a set's elements as a JSON list of texts. */
export function fromText({ type, crdt }: Pick<FieldIR, 'type' | 'crdt'>, text: string): Json {
  if (crdt !== 'set') return printedValue(type, text)
  const elements: readonly string[] = JSON.parse(text)
  return elements.map(one => printedValue(type, one))
}

function printedValue(type: TypeIR, text: string): Json {
  if (type.kind !== 'scalar') return text
  switch (type.scalar) {
    case 'int':
    case 'float':
      return Number(text)
    case 'boolean':
      return text === 'true'
    case 'json':
      return elementValue(type, JSON.parse(text))
    default:
      return elementValue(type, text)
  }
}

/** One value as text for Postgres; undefined if it does not belong to the type. */
export function elementText(type: TypeIR, value: Json): string | undefined {
  if (type.kind !== 'scalar') return plainText(value)
  switch (type.scalar) {
    case 'id':
    case 'string':
      return plainText(value)
    case 'int':
      return Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31 ? String(value) : undefined
    case 'float':
      return typeof value === 'number' ? String(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'bigint':
      return typeof value === 'string' && isInt8(value) ? value : undefined
    case 'decimal':
      return typeof value === 'string' && parseDecimal(value, type.scale) === value ? value : undefined
    case 'bytes':
      return typeof value === 'string' ? hex(value) : undefined
    case 'json':
      return parseJson(value).ok ? canonical(value) : undefined
    case 'datetime':
      return typeof value === 'string' && isDatetime(value) ? yearZero(value) : undefined
    case 'date':
      return typeof value === 'string' && isDatetime(`${value}T00:00:00.000Z`) ? yearZero(value) : undefined
  }
}

function elementValue(type: TypeIR, value: Json): Json {
  if (type.kind !== 'scalar') return value
  if (type.scalar === 'json') return JSON.parse(canonical(value))
  if (typeof value !== 'string') return value
  if (type.scalar === 'bytes') return Buffer.from(value.slice(2), 'hex').toString('base64url')
  if (type.scalar === 'datetime') return datetime(value)
  return type.scalar === 'date' ? date(value) : value
}

/** Postgres holds no NUL in text; half a surrogate pair has no UTF-8. */
function plainText(value: Json): string | undefined {
  return typeof value === 'string' && !/\0|[\ud800-\udfff]/u.test(value) ? value : undefined
}

/** As Postgres prints bytes: `\x010203`. */
function hex(text: string): string | undefined {
  const bytes = decodeBytes(text)
  return bytes === null ? undefined : `\\x${Buffer.from(bytes).toString('hex')}`
}

function isInt8(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return false
  return BigInt.asIntN(64, BigInt(text)).toString() === text
}

function isDatetime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return false
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString() === text
}

/** ISO 8601's year 0 is Postgres' year 1 BC. */
function yearZero(text: string): string {
  return text.startsWith('0000-') ? `0001-${text.slice(5)} BC` : text
}

function date(text: string): string {
  return text.endsWith(' BC') ? `0000${text.slice(4, -3)}` : text
}

/** `2026-11-21 10:00:00.12+00` -> `2026-11-21T10:00:00.120Z`. */
function datetime(text: string): string {
  const iso = date(text)
  const fraction = iso.slice(20, iso.indexOf('+'))
  return `${iso.slice(0, 10)}T${iso.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`
}

/** An array literal: `{"a","b\"c"}`. */
export function arrayText(elements: readonly string[]): string {
  if (!elements.length) return '{}'
  // Ids, thousands at a time, have nothing to escape.
  if (!/["\\]/.test(elements.join(''))) return `{"${elements.join('","')}"}`
  return `{${elements.map(one => `"${one.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

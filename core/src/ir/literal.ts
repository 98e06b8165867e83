import { decodeBytes } from '../base64url.ts'
import { parseDecimal } from '../decimal.ts'
import type { Json } from '../json.ts'
import { parseJson } from '../jsonValue.ts'
import type { FieldIR, ScalarName, TypeIR } from './ir.ts'

/**
 * Why a literal of the schema (a default) cannot be a value of the field, in words that finish "is not"; null if it
 * can. Values are JSON as in core/query `Row`.
 */
export function unfit(field: FieldIR, value: Json): string | null {
  if (value === null)
    return field.optional ? null : 'allowed to be null (say .optional() instead of a null default)'
  return misfit(field.type, value)
}

function misfit(type: TypeIR, value: Json): string | null {
  switch (type.kind) {
    case 'scalar':
      if (type.scalar === 'decimal') return decimalMisfit(type.scale, value)
      return SCALARS[type.scalar].holds(value) ? null : SCALARS[type.scalar].words
    case 'enum':
      return typeof value === 'string' && type.values.includes(value)
        ? null
        : `one of ${type.values.join(', ')}`
    case 'ref':
    case 'refs':
      return typeof value === 'string' ? null : 'an id'
  }
}

function decimalMisfit(scale: number, value: Json): string | null {
  if (typeof value === 'string' && parseDecimal(value, scale) === value) return null
  return `a decimal number as text with ${scale} places, like '${parseDecimal('12', scale) ?? '0'}'`
}

interface Scalar {
  readonly words: string
  readonly holds: (value: Json) => boolean
}

const INT_LIMIT = 2 ** 31

const SCALARS: { readonly [S in Exclude<ScalarName, 'decimal'>]: Scalar } = {
  id: { words: 'an id', holds: value => typeof value === 'string' },
  string: { words: 'text', holds: value => typeof value === 'string' },
  int: {
    words: 'an integer of 32 bits',
    holds: value => Number.isInteger(value) && Number(value) >= -INT_LIMIT && Number(value) < INT_LIMIT,
  },
  float: { words: 'a finite number', holds: value => Number.isFinite(value) },
  boolean: { words: 'true or false', holds: value => typeof value === 'boolean' },
  datetime: {
    words: 'a UTC time like 2026-11-21T10:00:00.000Z',
    holds: value => typeof value === 'string' && isInstant(value),
  },
  date: {
    words: 'a date like 2026-11-21',
    holds: value => typeof value === 'string' && isInstant(`${value}T00:00:00.000Z`),
  },
  bigint: {
    words: "an integer as text, like '42'",
    holds: value => typeof value === 'string' && /^(0|-?[1-9][0-9]*)$/.test(value),
  },
  bytes: {
    words: "bytes as base64url, like 'AQID'",
    holds: value => typeof value === 'string' && decodeBytes(value) !== null,
  },
  json: { words: 'JSON that can be stored', holds: value => parseJson(value).ok },
}

/** In the one form that the API writes, and on the calendar. */
function isInstant(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isFinite(ms) && new Date(ms).toISOString() === text
}

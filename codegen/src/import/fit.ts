import { parseDecimal } from '@zg/core/decimal'
import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import { isList, type Json } from '@zg/core/json'
import { normalForm } from '@zg/core/query/normal'
import { NUMBER, show } from './step.ts'

export type Fitted =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/**
 * Spells a value as rows hold it (core/query `Row`), so that it can be compared with what is stored: bigint and
 * counter as decimal text, decimal with all its places, datetime in UTC with milliseconds. With `textual` (CSV) text is read as what the field
 * holds. What does not fit is left as it is: the writer judges it, as it does for everybody.
 */
export function fit(field: FieldIR, value: Json, textual: boolean): Fitted {
  if (value === null) return { kind: 'value', value }
  if (field.crdt !== 'set') return fitOne(field.type, value, textual)
  const fitted: Json[] = []
  for (const element of isList(value) ? value : [value]) {
    const one = fitOne(field.type, element, textual)
    if (one.kind === 'refused') return one
    fitted.push(one.value)
  }
  return { kind: 'value', value: fitted }
}

function fitOne(type: TypeIR, value: Json, textual: boolean): Fitted {
  if (type.kind !== 'scalar') return fine(value)
  switch (type.scalar) {
    case 'int':
    case 'float':
      return fine(textual && typeof value === 'string' && NUMBER.test(value) ? Number(value) : value)
    case 'boolean':
      return fine(textual && (value === 'true' || value === 'false') ? value === 'true' : value)
    case 'bigint':
      return bigint(value)
    case 'decimal':
      return decimal(type.scale, value)
    case 'json':
      return fine(normalForm(type, textual ? parsed(value) : value))
    case 'date':
      return fine(typeof value === 'string' ? value.replace(MIDNIGHT, '') : value)
    case 'datetime':
      return fine(typeof value === 'string' ? instant(value) : value)
    case 'string':
    case 'id':
    case 'bytes':
      return fine(value)
  }
}

export function isJson({ type }: FieldIR): boolean {
  return type.kind === 'scalar' && type.scalar === 'json'
}

/** Text of a CSV that is JSON; any other stands for itself. */
function parsed(value: Json): Json {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** A JSON number has the digits of the file as long as they are 15 at most. */
function decimal(scale: number, value: Json): Fitted {
  if (typeof value === 'string') return fine(parseDecimal(value, scale) ?? value)
  if (typeof value !== 'number') return fine(value)
  const text = String(value)
  if (text.replace(/\D/g, '').length > 15) {
    const message = `${show(value)} has more digits than a JSON number keeps; write it as text`
    return { kind: 'refused', code: 'PRECISION_LOST', message }
  }
  return fine(parseDecimal(text, scale) ?? text)
}

function bigint(value: Json): Fitted {
  if (typeof value === 'string') return fine(/^[+-]?\d+$/.test(value) ? BigInt(value).toString() : value)
  if (typeof value !== 'number' || !Number.isInteger(value)) return fine(value)
  // JSON.parse has rounded it already: nobody can know which digits the file had.
  if (!Number.isSafeInteger(value)) {
    return {
      kind: 'refused',
      code: 'PRECISION_LOST',
      message: `${show(value)} is too large for a JSON number; write it as text`,
    }
  }
  return fine(String(value))
}

const MIDNIGHT = /T00:00:00(\.0+)?Z?$/
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** Only with a zone: a time without one is another moment on every machine. */
function instant(value: string): string {
  const time = ZONED.test(value) ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) ? new Date(time).toISOString() : value
}

function fine(value: Json): Fitted {
  return { kind: 'value', value }
}

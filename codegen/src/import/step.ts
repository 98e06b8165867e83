import { isList, type Json } from '@zg/core/json'
import type { DateFormat } from './date.ts'
import type { Reread } from './reread.ts'

/** One transform of a column's value. All but `values` leave null alone; what a step is not for passes through. */
export type Step =
  | { readonly kind: 'trim' }
  | { readonly kind: 'text' }
  | { readonly kind: 'number' }
  | { readonly kind: 'nullIfEmpty' }
  | {
      readonly kind: 'date'
      readonly spelling: string
      readonly latest: string | null
      readonly format: DateFormat
    }
  | { readonly kind: 'reread'; readonly encodings: readonly [string, string]; readonly reread: Reread }
  | { readonly kind: 'split'; readonly by: string }
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, Json> }

/** What a step did: a new value, said to be a repair or not, or why it cannot. */
export type Stepped =
  | { readonly kind: 'value'; readonly value: Json; readonly repair: Repair | null }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/** Repairs are counted in the report, by kind. */
export type Repair = 'trimmed' | 'numberAsText' | 'textAsNumber' | 'emptyAsMissing' | 'century' | 'encoding'

export function perform(step: Step, value: Json): Stepped {
  switch (step.kind) {
    case 'trim':
      return typeof value === 'string' ? changed(value, value.trim(), 'trimmed') : same(value)
    case 'text':
      return typeof value === 'number' || typeof value === 'boolean'
        ? changed(value, String(value), 'numberAsText')
        : same(value)
    case 'number':
      return numeric(value)
    case 'nullIfEmpty':
      return changed(value, value === '' ? null : value, 'emptyAsMissing')
    case 'date':
      return date(step, value)
    case 'reread':
      return typeof value === 'string' ? changed(value, step.reread.read(value), 'encoding') : same(value)
    case 'split':
      return typeof value === 'string' ? same(split(value, step.by)) : same(value)
    case 'values':
      return translate(step.values, value)
  }
}

/** Decimal notation, as CSV and people write numbers; nothing that JavaScript alone would read (`0x10`, blanks). */
export const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

function numeric(value: Json): Stepped {
  if (typeof value !== 'string') return same(value)
  if (!NUMBER.test(value)) return refused('BAD_VALUE', `${show(value)} is not a number`)
  return changed(value, Number(value), 'textAsNumber')
}

function date(step: Extract<Step, { kind: 'date' }>, value: Json): Stepped {
  if (value === null) return same(value)
  const read = typeof value === 'string' ? step.format.read(value) : null
  if (!read) return refused('BAD_DATE', `${show(value)} is not a date written as ${step.spelling}`)
  return { kind: 'value', value: read.text, repair: read.moved ? 'century' : null }
}

function split(value: string, by: string): readonly string[] {
  return value
    .split(by)
    .map(part => part.trim())
    .filter(part => part !== '')
}

/** A value that the table does not name is refused: a translation with holes would lose data unseen. */
function translate(values: ReadonlyMap<string, Json>, value: Json): Stepped {
  if (value === null) return same(null)
  const to = values.get(String(value))
  if (to === undefined)
    return refused('UNKNOWN_VALUE', `${show(value)} is not among the values that the mapping lists`)
  return same(to)
}

function changed(from: Json, to: Json, repair: Repair): Stepped {
  return { kind: 'value', value: to, repair: from === to ? null : repair }
}

function same(value: Json): Stepped {
  return { kind: 'value', value, repair: null }
}

function refused(code: string, message: string): Stepped {
  return { kind: 'refused', code, message }
}

/** A value as messages show it: JSON, cut to 60 characters. */
export function show(value: Json): string {
  const text = isList(value) ? `[${value.map(show).join(', ')}]` : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

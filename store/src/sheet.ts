import type { FieldIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { fromText } from './column.ts'
import { BETWEEN, isText, NOTHING, type Sheet } from './compile/sheet.ts'
import type { SqlRow } from './session.ts'

/** The rows of a statement, column by column. */
export interface SheetRows {
  readonly ids: readonly string[]
  /** By column of the sheet, one value per row. */
  readonly values: readonly (readonly Json[])[]
  readonly keys: readonly (readonly Json[])[]
  /** Of a numbered sheet: the parent of each row, 1 and up. */
  readonly parents: readonly number[]
}

/** Null if a text of the data holds a separator: then the same statement must be asked in the form `quoted`. */
export function readSheet({ columns, keys, numbered, form }: Sheet, row: SqlRow): SheetRows | null {
  const count = Number(row.k)
  const ids = parts(row.id, count)
  const parents = numbered ? parts(row.n, count) : []
  const values = columns.map((field, i) => column(field, `c${i}`, row, count, form))
  const found = keys.map((field, i) => column(field, `o${i}`, row, count, form))
  const whole = values.every(given) && found.every(given)
  return ids && parents && whole ? { ids, values, keys: found, parents: parents.map(Number) } : null
}

function given<T>(value: T | null): value is T {
  return value !== null
}

function parts(text: Json | undefined, count: number): readonly string[] | null {
  if (count === 0) return []
  const found = String(text).split(BETWEEN)
  return found.length === count ? found : null
}

function column(
  field: FieldIR,
  name: string,
  row: SqlRow,
  count: number,
  form: Sheet['form'],
): readonly Json[] | null {
  const found = parts(row[name], count)
  if (!found) return null
  if (!isText(field)) return found.map(text => (text === NOTHING ? null : fromText(field, text)))
  if (form === 'quoted') return found.map(text => (text === NOTHING ? null : JSON.parse(text)))
  const present = Number(row[`${name}n`])
  if (present === count) return found
  let missing = 0
  const values = found.map(text => {
    if (text !== NOTHING) return text
    missing++
    return null
  })
  return missing === count - present ? values : null
}

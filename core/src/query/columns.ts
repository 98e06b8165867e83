import type { Json } from '../json.ts'
import { KEY, type Row } from './query.ts'

/** Rows column by column: less to make and to read than an object per row. */
export interface Columns {
  /** The fields that were asked for, in that order. */
  readonly fields: readonly string[]
  readonly ids: readonly string[]
  /** By field; each has one value per id, as `Row` describes them. */
  readonly values: readonly (readonly Json[])[]
  /** Of keyed queries: the same for the fields of the order. */
  readonly keys: readonly (readonly Json[])[]
}

/** Several lists of rows, one behind the other. */
export interface Lists {
  readonly columns: Columns
  /** Where each list ends. */
  readonly ends: readonly number[]
}

/** Throws for a field that was not asked for. `id` always is. */
export function columnOf({ fields, ids, values }: Columns, field: string): readonly Json[] {
  const column = field === 'id' ? ids : values[fields.indexOf(field)]
  if (!column) throw new Error(`The column ${field} was not read`)
  return column
}

export function columnsOf(fields: readonly string[], rows: readonly Row[], keys = 0): Columns {
  return {
    fields,
    ids: rows.map(({ id }) => id),
    values: fields.map(field => rows.map(row => row[field] ?? null)),
    keys: Array.from({ length: keys }, (_, i) => rows.map(row => (row[KEY] as readonly Json[])[i] ?? null)),
  }
}

export function listsOf(fields: readonly string[], pages: readonly (readonly Row[])[], keys = 0): Lists {
  let end = 0
  const ends = pages.map(({ length }) => {
    end += length
    return end
  })
  return { columns: columnsOf(fields, pages.flat(), keys), ends }
}

/** The same as objects. */
export function rowsOf({ fields, ids, values, keys }: Columns): readonly Row[] {
  return ids.map((id, i) => {
    const row: { id: string; [field: string]: Json } = { id }
    fields.forEach((field, at) => {
      row[field] = values[at]?.[i] ?? null
    })
    if (keys.length) row[KEY] = keys.map(column => column[i] ?? null)
    return row
  })
}

/** Parts of one read; all have the same fields. */
export function merged(parts: readonly Columns[]): Columns {
  const [first, ...more] = parts
  if (!first) throw new Error('There is nothing to merge')
  if (!more.length) return first
  const all = (of: (part: Columns) => readonly (readonly Json[])[]) =>
    of(first).map((_, i) => parts.flatMap(part => of(part)[i] ?? []))
  return {
    fields: first.fields,
    ids: parts.flatMap(({ ids }) => ids),
    values: all(({ values }) => values),
    keys: all(({ keys }) => keys),
  }
}

export function mergedLists(parts: readonly Lists[]): Lists {
  const [first, ...more] = parts
  if (first && !more.length) return first
  let before = 0
  const ends = parts.flatMap(({ columns, ends: own }) => {
    const from = before
    before += columns.ids.length
    return own.map(end => from + end)
  })
  return { columns: merged(parts.map(({ columns }) => columns)), ends }
}

import { blankOf } from '@zg/core/memory/rows'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import { toColumn } from '../column.ts'
import { declaredType } from './columns.ts'
import { createIndexes, createTable } from './ddl.ts'
import { type FieldColumn, type Layout, PROJECTIONS, quoted } from './layout.ts'
import { projectionTables } from './projection.ts'

/**
 * Statements from the tables of one model to those of another that only adds to it. Members are the same if their
 * numbers are, so renames are renames. Names may be swapped: everything renamed goes through a name of its own.
 */
export function alterTables(old: Layout, next: Layout): readonly string[] {
  const was = tableShapes(old)
  const is = tableShapes(next)
  const renames = [...is].map(([number, shape]) => renamesOf(number, was.get(number), shape))
  const columns = [...is].flatMap(([number, shape]) => addColumns(was.get(number), shape))
  const names = new Set([...is.values()].flatMap(({ table }) => indexNames(table)))
  const moved = new Set(
    [...is].filter(([number, shape]) => isRenamed(was.get(number), shape)).map(([number]) => number),
  )
  const dropped = [...was].flatMap(([number, { table }]) =>
    indexNames(table).filter(name => moved.has(number) || !names.has(name)),
  )
  return [
    ...dropped.map(name => `drop index if exists ${quoted(PROJECTIONS)}.${quoted(name)}`),
    ...renames.flatMap(({ aside }) => aside),
    ...renames.flatMap(({ settle }) => settle),
    ...columns,
    ...[...is].flatMap(([number, { table }]) =>
      was.has(number) ? createIndexes(table) : createTable(table),
    ),
  ]
}

/** A projection or edge table, with what may be renamed by a key that never changes. */
interface Shape {
  readonly table: PgTable
  readonly name: string
  readonly columns: ReadonlyMap<string, string>
  readonly fields: readonly FieldColumn[]
}

function tableShapes(layout: Layout): ReadonlyMap<number, Shape> {
  const tables = new Map(projectionTables(layout).map(table => [getTableConfig(table).name, table]))
  const tableOf = (name: string): PgTable => {
    const table = tables.get(name)
    if (!table) throw new Error(`There is no table ${name}`)
    return table
  }
  const entities = [...layout.entities].map(([number, { table: name, columns }]): [number, Shape] => {
    const byNumber = new Map(columns.map(column => [String(column.field.number), column.name]))
    return [number, { table: tableOf(name), name, columns: byNumber, fields: columns }]
  })
  const relations = [...layout.relations].map(([number, { table: name, from, to }]): [number, Shape] => {
    const ends = new Map([
      ['from', from],
      ['to', to],
    ])
    return [number, { table: tableOf(name), name, columns: ends, fields: [] }]
  })
  return new Map([...entities, ...relations])
}

function isRenamed(was: Shape | undefined, is: Shape): boolean {
  if (!was) return false
  return (
    was.name !== is.name || [...was.columns].some(([key, name]) => (is.columns.get(key) ?? name) !== name)
  )
}

interface Renames {
  /** First to names nobody has... */
  readonly aside: readonly string[]
  /** ...and then, once all are out of the way, to their own. */
  readonly settle: readonly string[]
}

function renamesOf(number: number, was: Shape | undefined, is: Shape): Renames {
  if (!was) return { aside: [], settle: [] }
  const alter = (table: string) => `alter table ${quoted(PROJECTIONS)}.${quoted(table)} rename`
  const between = was.name === is.name ? is.name : `_zg_${number}`
  const moved = [...was.columns].flatMap(([key, name]) => {
    const now = is.columns.get(key)
    return now === undefined || now === name ? [] : [{ name, now, aside: `_zg_${key}` }]
  })
  const aside = moved.map(
    column => `${alter(between)} column ${quoted(column.name)} to ${quoted(column.aside)}`,
  )
  const settle = moved.map(
    column => `${alter(is.name)} column ${quoted(column.aside)} to ${quoted(column.now)}`,
  )
  if (was.name === is.name) return { aside, settle }
  const key = quoted(`${between}_pkey`)
  return {
    aside: [
      `${alter(was.name)} to ${quoted(between)}`,
      `${alter(between)} constraint ${quoted(primaryKeyName(was.table))} to ${key}`,
      ...aside,
    ],
    settle: [
      `${alter(between)} to ${quoted(is.name)}`,
      `${alter(is.name)} constraint ${key} to ${quoted(primaryKeyName(is.table))}`,
      ...settle,
    ],
  }
}

/** The rows that are there get what the field shows in them; rows to come always bring a value. */
function addColumns(was: Shape | undefined, { name, fields }: Shape): readonly string[] {
  if (!was) return []
  const table = `alter table ${quoted(PROJECTIONS)}.${quoted(name)}`
  return fields
    .filter(({ field }) => !was.columns.has(String(field.number)))
    .flatMap(({ field, name: column, cast }) => {
      const shown = toColumn(field, blankOf(field)) ?? null
      const add = `${table} add column ${quoted(column)} ${declaredType(cast)}`
      if (shown === null) return [add]
      const literal = `'${shown.replaceAll("'", "''")}'::${cast}`
      return [`${add} default ${literal}`, `${table} alter column ${quoted(column)} drop default`]
    })
}

function indexNames(table: PgTable): readonly string[] {
  return getTableConfig(table).indexes.flatMap(({ config: { name } }) => name ?? [])
}

function primaryKeyName(table: PgTable): string {
  return getTableConfig(table).primaryKeys[0]?.getName() ?? ''
}

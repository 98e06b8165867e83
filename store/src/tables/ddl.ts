import { is, SQL } from 'drizzle-orm'
import { getTableConfig, PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import { quoted } from './layout.ts'

/** Statements that make a table and its indexes unless they are there. They never change an existing table. */
export function createTable(table: PgTable): readonly string[] {
  const config = getTableConfig(table)
  const name = `${quoted(config.schema ?? 'public')}.${quoted(config.name)}`
  const columns = config.columns.map(column => {
    const key = column.primary ? ' primary key' : ''
    return `${quoted(column.name)} ${column.getSQLType()}${column.notNull && !key ? ' not null' : ''}${key}`
  })
  const keys = config.primaryKeys.map(key => {
    return `constraint ${quoted(key.getName())} primary key (${key.columns.map(({ name }) => quoted(name)).join(', ')})`
  })
  const uniques = config.uniqueConstraints.map(({ name, columns: on }) => {
    return `constraint ${quoted(name ?? '')} unique (${on.map(one => quoted(one.name)).join(', ')})`
  })
  const lines = [...columns, ...keys, ...uniques].join(',\n  ')
  return [`create table if not exists ${name} (\n  ${lines}\n)`, ...createIndexes(table)]
}

/** The indexes of a table that is there. */
export function createIndexes(table: PgTable): readonly string[] {
  const config = getTableConfig(table)
  const name = `${quoted(config.schema ?? 'public')}.${quoted(config.name)}`
  return config.indexes.map(({ config: { name: index, columns, method, where } }) => {
    const on = columns.map(column =>
      is(column, SQL) ? textOf(column) : quoted('name' in column ? String(column.name) : ''),
    )
    return `create index if not exists ${quoted(index ?? '')} on ${name} using ${method ?? 'btree'} (${on.join(', ')})${where ? ` where ${textOf(where)}` : ''}`
  })
}

const dialect = new PgDialect()

/** An expression of an index holds no parameters. */
function textOf(expression: SQL): string {
  return dialect.sqlToQuery(expression).sql
}

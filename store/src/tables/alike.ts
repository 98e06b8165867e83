import { type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { searchedColumns, searchedText } from './fulltext.ts'
import { type Layout, quoted } from './layout.ts'
import { indexName } from './projection.ts'

/** An index on what is searched, by its groups of three letters. */
export interface AlikeIndex {
  readonly name: string
  readonly sql: string
}

const dialect = new PgDialect()
const MARK = 'alike'

/** One per searched entity, where the database has `pg_trgm`; its name tells what it is on. */
export function alikeIndexes({ entities, alike }: Layout): readonly AlikeIndex[] {
  if (alike === null) return []
  return [...entities.values()].flatMap(({ view, table, sql: place, column }) => {
    const columns = searchedColumns(view.ir, field => column(field).name)
    if (!columns.length) return []
    const name = indexName(table, [...columns, MARK])
    const text: SQL = searchedText(columns.map(one => sql.raw(quoted(one))))
    const made = sql`create index if not exists ${sql.identifier(name)} on ${sql.raw(place)} using gin ((${text}) ${sql.identifier(alike)}.gin_trgm_ops)`
    return [{ name, sql: dialect.sqlToQuery(made).sql }]
  })
}

/** Names are cut, so the mark may be, too: those that end in it are ours for certain. */
export function isAlikeIndex(name: string): boolean {
  return new RegExp(`_${MARK}_[0-9a-f]{8}$`).test(name)
}

import { searchedFields } from '@zg/core/ir/fulltext'
import type { EntityIR } from '@zg/core/ir/ir'
import { SEARCHED_LENGTH } from '@zg/core/query/search'
import { type SQL, sql } from 'drizzle-orm'

/** The columns that searching an entity looks at. */
export function searchedColumns(entity: EntityIR, columnOf: (field: string) => string): readonly string[] {
  return searchedFields(entity).map(columnOf)
}

/**
 * What is searched of a row, as a tsvector. Index and queries spell it alike, or Postgres would not see that one is
 * about the other. It is cut, because a tsvector beyond a megabyte is an error, which would refuse the write.
 */
export function documentOf(columns: readonly SQL[]): SQL {
  return sql`to_tsvector('simple'::regconfig, ${searchedText(columns)})`
}

/** The same as text. */
export function searchedText(columns: readonly SQL[]): SQL {
  const texts = columns.map(column => sql`coalesce(${column}, '')`)
  return sql`left(${sql.join(texts, sql.raw(" || ' ' || "))}, ${sql.raw(String(SEARCHED_LENGTH))})`
}

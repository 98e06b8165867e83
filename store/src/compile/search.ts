import type { FieldIR } from '@zg/core/ir/ir'
import { parseSearch } from '@zg/core/query/search'
import { type SQL, sql } from 'drizzle-orm'
import { documentOf, searchedColumns } from '../tables/fulltext.ts'
import { column, type Place, type Term } from './term.ts'

/** Rows that match a search, by the index on their document. */
export function matching(at: Place, search: string): SQL {
  return sql`${document(at)} @@ ${searchQuery(search)}`
}

const RANKED: FieldIR = {
  name: '$rank',
  number: 0,
  crdt: 'register',
  type: { kind: 'scalar', scalar: 'float' },
  optional: false,
  once: true,
  graphql: {},
}

/** How well a row matches: as a double, of which text, drivers and comparisons lose nothing. */
export function rankOf(at: Place, search: string): Term {
  return { sql: sql`ts_rank(${document(at)}, ${searchQuery(search)})::double precision`, field: RANKED }
}

function document(at: Place): SQL {
  const { ir } = at.table.view
  return documentOf(searchedColumns(ir, field => at.table.column(field).name).map(name => column(at, name)))
}

/** `prefix` is letters and digits only, so that it needs no quoting in Postgres' language of queries. */
function searchQuery(search: string): SQL {
  const { text, prefix } = parseSearch(search)
  const words = sql`websearch_to_tsquery('simple'::regconfig, ${text}::text)`
  return prefix === null ? words : sql`(${words} && to_tsquery('simple'::regconfig, ${`${prefix}:*`}::text))`
}

import type { FieldIR } from '@zg/core/ir/ir'
import { parseSearch } from '@zg/core/query/search'
import { type SQL, sql } from 'drizzle-orm'
import { documentOf, searchedColumns, searchedText } from '../tables/fulltext.ts'
import { column, type Place, type Term } from './term.ts'

/** Rows that match a search, by the index on their document. */
export function matching(at: Place, search: string): SQL {
  const whole = sql`${document(at)} @@ ${searchQuery(search)}`
  const like = likeness(at, search)
  return like ? sql`(${whole} or ${like.holds})` : whole
}

/**
 * Where the database has `pg_trgm`: rows with words like those that are looked for, for who mistypes them or knows a
 * part. Only for plain words: who writes quotes, `or` and `-` means just that.
 */
function likeness(at: Place, search: string): { readonly holds: SQL; readonly degree: SQL } | null {
  const { alike } = at.table
  if (alike === null || !PLAIN.test(search) || /(^|\s)or(\s|$)/i.test(search)) return null
  const own = sql.identifier(alike)
  const text = searchedText(columnsOf(at))
  return {
    holds: sql`${text} operator(${own}.%>) ${search}::text`,
    degree: sql`${own}.word_similarity(${search}::text, ${text})`,
  }
}

/** Words, three letters or digits at least: fewer are like anything. */
const PLAIN = /^(?=(?:\s*[\p{L}\p{N}]){3})[\p{L}\p{N}\s]+$/u

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
  const rank = sql`ts_rank(${document(at)}, ${searchQuery(search)})::double precision`
  const like = likeness(at, search)
  // What holds the words themselves is wholly like them.
  return { sql: like ? sql`(${rank} + ${like.degree}::double precision)` : rank, field: RANKED }
}

function document(at: Place): SQL {
  return documentOf(columnsOf(at))
}

function columnsOf(at: Place): readonly SQL[] {
  return searchedColumns(at.table.view.ir, field => at.table.column(field).name).map(name => column(at, name))
}

/** `prefix` is letters and digits only, so that it needs no quoting in Postgres' language of queries. */
function searchQuery(search: string): SQL {
  const { text, prefix } = parseSearch(search)
  const words = sql`websearch_to_tsquery('simple'::regconfig, ${text}::text)`
  return prefix === null ? words : sql`(${words} && to_tsquery('simple'::regconfig, ${`${prefix}:*`}::text))`
}

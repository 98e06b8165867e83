import type { FieldIR } from '@zg/core/ir/ir'
import { flipped } from '@zg/core/query/order'
import type { Query } from '@zg/core/query/query'
import { type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { SqlValue } from '../session.ts'
import type { Layout } from '../tables/layout.ts'
import { termAt } from './computed.ts'
import { condition } from './expression.ts'
import { behind, orderBy, type Sorting, sortings } from './order.ts'
import { matching } from './search.ts'
import { gathered, type Sheet } from './sheet.ts'
import { type Compiler, column, createCompiler, from, type Place, related } from './term.ts'

/** A statement, ready to be sent, and what its answer holds (sheet.ts). */
export interface Select extends Sheet {
  readonly text: string
  readonly values: readonly SqlValue[]
  /** The rows of a page come last first. */
  readonly reversed: boolean
}

const dialect = new PgDialect()

/**
 * Parents and ids travel as one text, an array literal (`arrayText`): drivers take longer over a list than Postgres
 * over its text. Postgres keeps the plan of a prepared statement only if one made for the very values would be no
 * cheaper; behind a select of its own it cannot see how few ids there are. Planning takes longer than finding them.
 */
function listed(ids: string): SQL {
  return sql`(select ${ids}::text::text[])`
}

/** One statement for a query, whatever it asks for; `ids` are those of `query.under`, as an array literal. */
export function select(tables: Layout, { tenant, ids, form }: Sent, query: Query): Select {
  const compiler = createCompiler(tables)
  const columns = columnsOf(tables, query.entity, query.fields)
  const reversed = query.reverse === true && query.limit !== undefined
  const { statement, sorting } = (query.under ? paged : plain)(
    compiler,
    { tenant, ids },
    reversed ? turned(query) : query,
    columns,
  )
  const keys = query.keyed ? sorting.map(({ field }) => field) : []
  const sheet: Sheet = { columns, keys, numbered: query.under !== undefined, form }
  return { ...finish(gathered(statement, sheet)), ...sheet, reversed }
}

/** What differs from one sending of a statement to the next. */
export interface Sent {
  readonly tenant: string
  /** An array literal. */
  readonly ids: string
  readonly form: Sheet['form']
}

/** The last rows of a list are the first from its other end. */
function turned({ order, after, before, ...query }: Query): Query {
  return {
    ...query,
    order: flipped(order),
    ...(after ? { before: after } : {}),
    ...(before ? { after: before } : {}),
  }
}

/** Rows by id, in no order. */
export function selectRows(
  tables: Layout,
  { tenant, ids, form }: Sent,
  entity: string,
  fields: readonly string[],
): Select {
  const compiler = createCompiler(tables)
  const columns = columnsOf(tables, entity, fields)
  const at: Place = { table: tables.entity(entity), alias: compiler.alias() }
  const which = sql`${column(at, 'tenant')} = ${tenant} and ${column(at, 'id')} = any(${listed(ids)}::text[])`
  const statement = sql`select ${list(compiler, at, columns)} from ${from(at)} where ${which}`
  const sheet: Sheet = { columns, keys: [], numbered: false, form }
  return { ...finish(gathered(statement, sheet)), ...sheet, reversed: false }
}

/** What a query came to, and what its rows are sorted by. */
interface Sorted {
  readonly statement: SQL
  readonly sorting: readonly Sorting[]
}

function columnsOf(tables: Layout, entity: string, fields: readonly string[]): readonly FieldIR[] {
  const place: Place = { table: tables.entity(entity), alias: '' }
  const compiler = createCompiler(tables)
  return [...new Set(fields)]
    .filter(field => field !== 'id')
    .map(field => ({ ...termAt(compiler, place, field).field, name: field }))
}

function list(compiler: Compiler, at: Place, columns: readonly FieldIR[]): SQL {
  const fields = columns.map(
    ({ name }, i) => sql`${termAt(compiler, at, name).sql} as ${sql.identifier(`c${i}`)}`,
  )
  return sql.join([sql`${column(at, 'id')} as id`, ...fields], sql`, `)
}

type Whose = Pick<Sent, 'tenant' | 'ids'>

function plain(compiler: Compiler, { tenant }: Whose, query: Query, columns: readonly FieldIR[]): Sorted {
  const at: Place = { table: compiler.tables.entity(query.entity), alias: compiler.alias() }
  const sorting = sortings(compiler, at, query.order, query.search)
  const which = sql`${column(at, 'tenant')} = ${tenant}${filters(compiler, at, query)}`
  const wanted = query.keyed
    ? sql`${list(compiler, at, columns)}${keysOf(sorting)}`
    : list(compiler, at, columns)
  const statement = sql`select ${wanted} from ${from(at)} where ${which} ${orderBy(sorting)}`
  return { statement: limited(statement, query), sorting }
}

/** One lateral select per parent: each finds its own first rows by index and stops there. */
function paged(
  compiler: Compiler,
  { tenant, ids }: Whose,
  query: Query,
  columns: readonly FieldIR[],
): Sorted {
  const { under } = query
  if (!under) throw new Error('unreachable')
  const parents = compiler.tables.entity(under.entity)
  const { place: at, source, link } = related(compiler, parents, under.relation, sql`${tenant}`, sql`p.id`)
  if (at.table.view.name !== query.entity) {
    throw new Error(
      `${under.entity}.${under.relation} leads to ${at.table.view.name}, not to ${query.entity}`,
    )
  }
  const sorting = sortings(compiler, at, query.order, query.search)
  const inner = sql`select ${list(compiler, at, columns)}${keysOf(sorting)} from ${source} where ${link}${filters(compiler, at, query)} ${orderBy(sorting)}`
  const keys = query.keyed ? sorting.map((_, i) => `o${i}`) : []
  const wanted = ['id', ...columns.map((_, i) => `c${i}`), ...keys].map(
    name => sql`, r.${sql.identifier(name)}`,
  )
  const outer = sorting.map(({ direction }, i) => ({ direction, sql: sql`r.${sql.identifier(`o${i}`)}` }))
  const statement = sql`select p.n${sql.join(wanted, sql``)} from unnest(${listed(ids)}) with ordinality as p(id, n) cross join lateral (${limited(inner, query)}) as r ${orderBy([{ sql: sql`p.n`, direction: 'asc' }, ...outer])}`
  return { statement, sorting }
}

function keysOf(sorting: readonly Sorting[]): SQL {
  return sql.join(
    sorting.map((term, i) => sql`, ${term.sql} as ${sql.identifier(`o${i}`)}`),
    sql``,
  )
}

function filters(
  compiler: Compiler,
  at: Place,
  { where, search, after, before, inclusive = false, order }: Query,
): SQL {
  const conditions = [
    ...(where ? [condition(compiler, at, where)] : []),
    ...(search === undefined ? [] : [matching(at, search)]),
    ...(after ? [behind(sortings(compiler, at, order, search), after, inclusive)] : []),
    ...(before ? [behind(sortings(compiler, at, flipped(order), search), before, inclusive)] : []),
  ]
  return sql.join(
    conditions.map(one => sql` and ${one}`),
    sql``,
  )
}

/**
 * The first rows of a select, in its order. Of a limit that comes as a parameter Postgres knows nothing: a plan to be
 * kept would be one for a tenth of the table. So it is told the next power of two, of which there are few.
 */
function limited(select: SQL, { limit }: Query): SQL {
  if (limit === undefined) return select
  const bound = 2 ** Math.ceil(Math.log2(Math.max(limit, 1)))
  return sql`select q.* from (${select} limit ${sql.raw(String(bound))}) as q limit ${limit}::bigint`
}

/** As text with its parameters. */
export function finish(statement: SQL): { readonly text: string; readonly values: readonly SqlValue[] } {
  const { sql: text, params } = dialect.sqlToQuery(statement)
  return { text, values: params as SqlValue[] }
}

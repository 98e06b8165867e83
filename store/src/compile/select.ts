import type { Query } from '@zg/core/query/query'
import { type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { SqlValue } from '../session.ts'
import type { FieldColumn, Layout } from '../tables/layout.ts'
import { condition } from './expression.ts'
import { behind, orderBy, sortings } from './order.ts'
import { type Compiler, column, createCompiler, from, type Place, related } from './term.ts'

/** A statement, ready to be sent, and which field its columns `c0`, `c1`... hold. It always answers `id`, too. */
export interface Select {
  readonly text: string
  readonly values: readonly SqlValue[]
  readonly columns: readonly FieldColumn[]
}

const dialect = new PgDialect()

/** One statement for a query, whatever it asks for. With `under`, `n` says which parent a row belongs to (1 and up). */
export function select(tables: Layout, tenant: string, query: Query): Select {
  const compiler = createCompiler(tables)
  const columns = columnsOf(tables, query.entity, query.fields)
  return {
    ...finish(
      query.under ? paged(compiler, tenant, query, columns) : plain(compiler, tenant, query, columns),
    ),
    columns,
  }
}

/** Rows by id, in no order. */
export function selectRows(
  tables: Layout,
  tenant: string,
  entity: string,
  fields: readonly string[],
  ids: readonly string[],
): Select {
  const compiler = createCompiler(tables)
  const columns = columnsOf(tables, entity, fields)
  const at: Place = { table: tables.entity(entity), alias: compiler.alias() }
  const which = sql`${column(at, 'tenant')} = ${tenant} and ${column(at, 'id')} = any(${sql.param(ids)}::text[])`
  return { ...finish(sql`select ${list(at, columns)} from ${from(at)} where ${which}`), columns }
}

function columnsOf(tables: Layout, entity: string, fields: readonly string[]): readonly FieldColumn[] {
  const table = tables.entity(entity)
  return [...new Set(fields)].filter(field => field !== 'id').map(field => table.column(field))
}

function list(at: Place, columns: readonly FieldColumn[]): SQL {
  const fields = columns.map(({ name }, i) => sql`${column(at, name)} as ${sql.identifier(`c${i}`)}`)
  return sql.join([sql`${column(at, 'id')} as id`, ...fields], sql`, `)
}

function plain(compiler: Compiler, tenant: string, query: Query, columns: readonly FieldColumn[]): SQL {
  const at: Place = { table: compiler.tables.entity(query.entity), alias: compiler.alias() }
  const sorting = sortings(compiler, at, query.order)
  const which = sql`${column(at, 'tenant')} = ${tenant}${filters(compiler, at, query)}`
  return sql`select ${list(at, columns)} from ${from(at)} where ${which} ${orderBy(sorting)}${limit(query)}`
}

/** One lateral select per parent: each finds its own first rows by index and stops there. */
function paged(compiler: Compiler, tenant: string, query: Query, columns: readonly FieldColumn[]): SQL {
  const { under } = query
  if (!under) throw new Error('unreachable')
  const parents = compiler.tables.entity(under.entity)
  const { place: at, source, link } = related(compiler, parents, under.relation, sql`${tenant}`, sql`p.id`)
  if (at.table.view.name !== query.entity) {
    throw new Error(
      `${under.entity}.${under.relation} leads to ${at.table.view.name}, not to ${query.entity}`,
    )
  }
  const sorting = sortings(compiler, at, query.order)
  const keys = sorting.map((term, i) => sql`, ${term.sql} as ${sql.identifier(`o${i}`)}`)
  const inner = sql`select ${list(at, columns)}${sql.join(keys, sql``)} from ${source} where ${link}${filters(compiler, at, query)} ${orderBy(sorting)}${limit(query)}`
  const wanted = ['id', ...columns.map((_, i) => `c${i}`)].map(name => sql`, r.${sql.identifier(name)}`)
  const outer = sorting.map(({ direction }, i) => ({ direction, sql: sql`r.${sql.identifier(`o${i}`)}` }))
  return sql`select p.n${sql.join(wanted, sql``)} from unnest(${sql.param(under.ids)}::text[]) with ordinality as p(id, n) cross join lateral (${inner}) as r ${orderBy([{ sql: sql`p.n`, direction: 'asc' }, ...outer])}`
}

function filters(compiler: Compiler, at: Place, { where, after, order }: Query): SQL {
  const filter = where ? sql` and ${condition(compiler, at, where)}` : sql``
  return after ? sql`${filter} and ${behind(sortings(compiler, at, order), after)}` : filter
}

function limit({ limit: most }: Query): SQL {
  return most === undefined ? sql`` : sql` limit ${most}::bigint`
}

function finish(statement: SQL): { readonly text: string; readonly values: readonly SqlValue[] } {
  const { sql: text, params } = dialect.sqlToQuery(statement)
  return { text, values: params as SqlValue[] }
}

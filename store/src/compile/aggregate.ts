import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import type { Readable } from '@zg/core/ir/readable'
import type { Json } from '@zg/core/json'
import {
  type AggregateQuery,
  fieldsRead,
  type Grouping,
  type GroupKey,
  type GroupTest,
  type Measure,
  resultType,
} from '@zg/core/query/aggregate'
import { GREATEST, LEAST } from '@zg/core/query/sum'
import { type SQL, sql } from 'drizzle-orm'
import type { SqlValue } from '../session.ts'
import type { Layout } from '../tables/layout.ts'
import { termAt } from './computed.ts'
import { all, condition, FALSE, OPERATORS, textTest } from './expression.ts'
import { orderBy } from './order.ts'
import { matching } from './search.ts'
import { finish } from './select.ts'
import {
  type Compiler,
  column,
  constant,
  createCompiler,
  from,
  type Place,
  related,
  type Term,
  termOf,
} from './term.ts'

/** A statement that answers keys in columns `k0`... and measures, as text, in `m0`...; with `under` also `n`. */
export interface Aggregation {
  readonly text: string
  readonly values: readonly SqlValue[]
  readonly keys: readonly Readable[]
  readonly types: readonly TypeIR[]
}

/** One statement for an aggregate query, whatever it asks for. */
export function aggregate(tables: Layout, tenant: string, query: AggregateQuery): Aggregation {
  const compiler = createCompiler(tables)
  const { view } = tables.entity(query.entity)
  const statement = query.under ? perParent(compiler, tenant, query) : overall(compiler, tenant, query)
  return {
    ...finish(statement),
    keys: (query.groups?.by ?? []).map(({ field }) => readableOf(view.readable, field)),
    types: query.measures.map(measure => resultType(view.readable, measure)),
  }
}

/** The rows that are measured, and what is read of each. */
interface Measured {
  readonly readable: ReadonlyMap<string, Readable>
  /** Stands behind the rows in `from`. */
  readonly beside: SQL
  term(field: string): Term
}

/** What is computed stands in a select of its own beside each row: computed once, and something that can be grouped by. */
function measuredRows(compiler: Compiler, at: Place, query: AggregateQuery): Measured {
  const { computed, readable } = at.table.view
  const names = fieldsRead(query).filter(name => computed.has(name))
  if (!names.length) return { readable, beside: sql``, term: name => termOf(at, name) }
  const alias = sql.identifier(compiler.alias())
  const inner: SQL[] = []
  const terms = new Map<string, Term>()
  for (const [i, name] of names.entries()) {
    const { sql: value, field } = termAt(compiler, at, name)
    const own = sql.identifier(`v${i}`)
    inner.push(sql`${value} as ${own}`)
    terms.set(name, { sql: sql`${alias}.${own}`, field })
  }
  // Without the offset, Postgres would put the computation back wherever its value is used.
  const beside = sql` cross join lateral (select ${sql.join(inner, sql`, `)} offset 0) as ${alias}`
  return { readable, beside, term: name => terms.get(name) ?? termOf(at, name) }
}

function overall(compiler: Compiler, tenant: string, query: AggregateQuery): SQL {
  const at: Place = { table: compiler.tables.entity(query.entity), alias: compiler.alias() }
  const { measures, groups } = query
  const which = sql`${column(at, 'tenant')} = ${tenant}${filter(compiler, at, query)}`
  const rows = measuredRows(compiler, at, query)
  const source = sql`${from(at)}${rows.beside}`
  if (!groups) return sql`select ${list(rows, [], measures)} from ${source} where ${which}`
  const keys = groups.by.map(key => keyTerm(rows, key))
  const having = groups.having.map(test => holds(rows, test))
  const condition = having.length ? sql` having ${all(having, 'and')}` : sql``
  const sorting = orderBy(sortedBy(rows, keys, groups))
  const grouped = sql.join(
    keys.map((_, i) => sql.raw(String(i + 1))),
    sql`, `,
  )
  return sql`select ${list(rows, keys, measures)} from ${source} where ${which} group by ${grouped}${condition} ${sorting} limit ${groups.limit}::bigint`
}

/** An aggregate without groups always has one row, so every parent gets its own, in one pass over the parents. */
function perParent(compiler: Compiler, tenant: string, query: AggregateQuery): SQL {
  const { under, measures, groups } = query
  if (!under || groups) throw new Error('Groups below parents are not there')
  const parents = compiler.tables.entity(under.entity)
  const { place: at, source, link } = related(compiler, parents, under.relation, sql`${tenant}`, sql`p.id`)
  const rows = measuredRows(compiler, at, query)
  const inner = sql`select ${list(rows, [], measures)} from ${source}${rows.beside} where ${link}${filter(compiler, at, query)}`
  return sql`select p.n, r.* from unnest(${sql.param(under.ids)}::text[]) with ordinality as p(id, n) cross join lateral (${inner}) as r`
}

function filter(compiler: Compiler, at: Place, { where, search }: AggregateQuery): SQL {
  const filtered = where ? sql` and ${condition(compiler, at, where)}` : sql``
  return search === undefined ? filtered : sql`${filtered} and ${matching(at, search)}`
}

function list(rows: Measured, keys: readonly SQL[], measures: readonly Measure[]): SQL {
  return sql.join(
    [
      ...keys.map((key, i) => sql`${key} as ${sql.identifier(`k${i}`)}`),
      ...measures.map(
        (measure, i) => sql`(${termOfMeasure(rows, measure)})::text as ${sql.identifier(`m${i}`)}`,
      ),
    ],
    sql`, `,
  )
}

/** Its constants stand in the text: as parameters, Postgres would not see that two of them are the same key. */
function keyTerm(rows: Measured, { field, unit }: GroupKey): SQL {
  const term = rows.term(field)
  if (!unit) return term.sql
  const { type } = term.field
  const cut = sql.raw(`'${unit}'`)
  return type.kind === 'scalar' && type.scalar === 'date'
    ? sql`date_trunc(${cut}, ${term.sql}::timestamp)::date`
    : sql`date_trunc(${cut}, ${term.sql}, 'UTC')`
}

function termOfMeasure(rows: Measured, measure: Measure): SQL {
  if (measure.kind === 'count') return sql`count(*)`
  const { sql: term, field } = rows.term(measure.field)
  switch (measure.kind) {
    case 'countDistinct':
      return sql`count(distinct ${term})`
    case 'min':
      return sql`min(${term})`
    case 'max':
      return sql`max(${term})`
    case 'sum':
      return isFloat(field) ? double(exact(term)) : sql`sum(${term})`
    case 'avg':
      return isFloat(field)
        ? sql`${double(exact(term))} / count(${term})`
        : sql`sum(${term})::double precision / count(${term})`
  }
}

function isFloat({ type }: FieldIR): boolean {
  return type.kind === 'scalar' && type.scalar === 'float'
}

/** A sum of doubles depends on their order, and a double as numeric loses digits, but its text does not. */
function exact(term: SQL): SQL {
  return sql`sum(${term}::text::numeric)`
}

/** The limits of core/query/sum: beyond them Postgres would answer an error. */
function double(sum: SQL): SQL {
  return sql`case when abs(${sum}) > ${sql.raw(GREATEST)} then null when abs(${sum}) < ${sql.raw(LEAST)} then 0 else ${sum}::double precision end`
}

function holds(rows: Measured, test: GroupTest): SQL {
  const term = sql`(${termOfMeasure(rows, test.measure)})`
  const value = (one: Json) => constantOf(rows, test.measure, one)
  switch (test.kind) {
    case 'isNull':
      return sql`${term} is null`
    case 'isNotNull':
      return sql`${term} is not null`
    case 'in':
    case 'notIn': {
      if (!test.values.length) return test.kind === 'in' ? FALSE : sql`${term} is not null`
      const values = sql.join(test.values.map(value), sql`, `)
      return test.kind === 'in' ? sql`${term} in (${values})` : sql`${term} not in (${values})`
    }
    case 'contains':
    case 'startsWith':
      return textTest(term, test.kind, test.text)
    default:
      return sql`${term} ${OPERATORS[test.kind]} ${value(test.value)}`
  }
}

/** A constant as the type that Postgres gives the measure. */
function constantOf({ readable, term }: Measured, measure: Measure, value: Json): SQL {
  if (measure.kind === 'min' || measure.kind === 'max') return constant(term(measure.field).field, value)
  const type = resultType(readable, measure)
  const isDouble = type.kind === 'scalar' && type.scalar === 'float'
  return sql`${String(value)}::text::${sql.raw(isDouble ? 'double precision' : 'numeric')}`
}

function sortedBy(rows: Measured, keys: readonly SQL[], { order }: Grouping) {
  const asked = order.map(item => {
    const term = 'measure' in item ? termOfMeasure(rows, item.measure) : keys[item.key]
    if (!term) throw new Error('There is no such key')
    return { sql: term, direction: item.direction }
  })
  return [...asked, ...keys.map(key => ({ sql: key, direction: 'asc' as const }))]
}

function readableOf(fields: ReadonlyMap<string, Readable>, name: string): Readable {
  const field = fields.get(name)
  if (!field) throw new Error(`There is no field ${name}`)
  return field
}

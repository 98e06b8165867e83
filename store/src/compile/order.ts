import type { Json } from '@zg/core/json'
import type { Order } from '@zg/core/query/query'
import { type SQL, sql } from 'drizzle-orm'
import { all, FALSE } from './expression.ts'
import { type Compiler, column, constant, from, type Place, type Term, termOf, toOne } from './term.ts'

/** What to sort by, in turn. Postgres' own places for nulls (last when rising, first when falling) are ours. */
export interface Sorting extends Term {
  readonly direction: 'asc' | 'desc'
  /** Every field can be null but the row's own id; another row's is null where that row is missing. */
  readonly nullable: boolean
}

export function sortings(compiler: Compiler, at: Place, order: readonly Order[]): readonly Sorting[] {
  return order.map(({ path, direction }) => ({
    ...scalar(compiler, at, path),
    direction,
    nullable: path.length > 1 || path[0] !== 'id',
  }))
}

/** A field through to-one relations as one value: null where a target is missing. */
function scalar(compiler: Compiler, at: Place, [step, ...rest]: readonly string[]): Term {
  if (step === undefined) throw new Error('An empty path leads nowhere')
  if (!rest.length) return termOf(at, step)
  const { place, link } = toOne(compiler, at, step)
  const { sql: inner, field } = scalar(compiler, place, rest)
  const first = sql`order by ${column(place, 'id')} limit 1`
  return { field, sql: sql`(select ${inner} from ${from(place)} where ${link} ${first})` }
}

export function orderBy(terms: readonly { readonly sql: SQL; readonly direction: 'asc' | 'desc' }[]): SQL {
  return sql`order by ${sql.join(
    terms.map(({ sql: term, direction }) => sql`${term} ${sql.raw(direction)}`),
    sql`, `,
  )}`
}

/**
 * Strictly behind these values: behind in the first field, or equal there and behind in the rest. Null is greater
 * than any value and equal to itself.
 */
export function behind(sorting: readonly Sorting[], after: readonly Json[]): SQL {
  if (after.length !== sorting.length) throw new Error('`after` must have one value per field of the order')
  const [first, ...rest] = sorting
  const [value = null, ...values] = after
  if (!first) return FALSE
  const beyond = beyondOne(first, value)
  if (!rest.length) return beyond
  if (value === null)
    return all([beyond, all([sql`${first.sql} is null`, behind(rest, values)], 'and')], 'or')
  const bound = constant(first.field, value)
  const either = all([beyond, all([sql`${first.sql} = ${bound}`, behind(rest, values)], 'and')], 'or')
  // Follows from the rest, but lets an index start there. (Rising, nulls stand behind, and no range holds them too.)
  return first.direction === 'desc' ? all([sql`${first.sql} <= ${bound}`, either], 'and') : either
}

function beyondOne({ sql: term, field, direction, nullable }: Sorting, value: Json): SQL {
  if (direction === 'desc') {
    return value === null ? sql`${term} is not null` : sql`${term} < ${constant(field, value)}`
  }
  if (value === null) return FALSE
  const greater = sql`${term} > ${constant(field, value)}`
  return nullable ? sql`(${greater} or ${term} is null)` : greater
}

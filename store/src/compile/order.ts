import type { Json } from '@zg/core/json'
import type { Order } from '@zg/core/query/query'
import { isRank } from '@zg/core/query/search'
import { type SQL, sql } from 'drizzle-orm'
import { scalar } from './computed.ts'
import { all, FALSE, TRUE } from './expression.ts'
import { rankOf } from './search.ts'
import { type Compiler, constant, type Place, type Term } from './term.ts'

/** What to sort by, in turn. Postgres' own places for nulls (last when rising, first when falling) are ours. */
export interface Sorting extends Term {
  readonly direction: 'asc' | 'desc'
  /** Every field can be null but the row's own id; another row's is null where that row is missing. */
  readonly nullable: boolean
}

export function sortings(
  compiler: Compiler,
  at: Place,
  order: readonly Order[],
  search: string | undefined,
): readonly Sorting[] {
  return order.map(item => {
    const { path, direction } = item
    if (search !== undefined && isRank(item)) return { ...rankOf(at, search), direction, nullable: false }
    return { ...scalar(compiler, at, path), direction, nullable: path.length > 1 || path[0] !== 'id' }
  })
}

export function orderBy(terms: readonly { readonly sql: SQL; readonly direction: 'asc' | 'desc' }[]): SQL {
  return sql`order by ${sql.join(
    terms.map(({ sql: term, direction }) => sql`${term} ${sql.raw(direction)}`),
    sql`, `,
  )}`
}

/**
 * Behind these values, strictly unless `inclusive`: behind in the first field, or equal there and behind in the rest. Null is greater
 * than any value and equal to itself.
 */
export function behind(sorting: readonly Sorting[], after: readonly Json[], inclusive: boolean): SQL {
  if (after.length !== sorting.length) throw new Error('`after` must have one value per field of the order')
  const [first, ...rest] = sorting
  const [value = null, ...values] = after
  if (!first) return inclusive ? TRUE : FALSE
  const beyond = beyondOne(first, value)
  if (!rest.length && !inclusive) return beyond
  const rests = behind(rest, values, inclusive)
  if (value === null) return all([beyond, all([sql`${first.sql} is null`, rests], 'and')], 'or')
  const bound = constant(first.field, value)
  const either = all([beyond, all([sql`${first.sql} = ${bound}`, rests], 'and')], 'or')
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

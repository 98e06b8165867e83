import type { Catalog } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import { type Lookup, valueAt } from './evaluate.ts'
import { found, routeOf } from './path.ts'
import type { Order, Row } from './query.ts'
import { type Compare, compareOf, familyOf } from './scalar.ts'
import { isRank } from './search.ts'

/**
 * The order with `id` at its end, so that no two rows are equal in it. Whatever comes after `id`, or repeats an
 * earlier path, decides nothing and is left out.
 */
export function totalOrder(order: readonly Order[]): readonly Order[] {
  const total: Order[] = []
  const seen = new Set<string>()
  for (const item of [...order, { path: ['id'], direction: 'asc' } as const]) {
    const name = item.path.join('.')
    if (seen.has('id') || seen.has(name)) continue
    seen.add(name)
    total.push(item)
  }
  return total
}

/** The same order from its other end: what comes before a key is what comes behind it here. */
export function flipped(order: readonly Order[]): readonly Order[] {
  return order.map(({ path, direction }) => ({ path, direction: direction === 'asc' ? 'desc' : 'asc' }))
}

/** An order of rows, taken apart into their keys: what a page cursor holds and `Query.after` compares with. */
export interface Sorter {
  /** The values of the order's fields, null where one is null or a target missing. */
  key(row: Row, lookup: Lookup): readonly Json[]
  /**
   * Negative if the first key comes first. Nulls count as greater than any value, as in Postgres: last where the
   * order ascends, first where it descends.
   */
  compare(a: readonly Json[], b: readonly Json[]): number
}

/** `rank` says how well a row matches a search. Throws on paths the model does not have: check queries of strangers first (core/query/check). */
export function sorter(
  catalog: Catalog,
  entity: string,
  order: readonly Order[],
  rank?: (row: Row) => number,
): Sorter {
  const parts = order.map(item => {
    const { path, direction } = item
    if (rank && isRank(item)) {
      return { value: rank, compare: compareOf('number'), sign: direction === 'asc' ? 1 : -1 }
    }
    const route = found(routeOf(catalog, entity, path))
    const sign = direction === 'asc' ? 1 : -1
    return {
      value: valueAt(catalog, entity, route),
      compare: nullsGreatest(compareOf(familyOf(route.type))),
      sign,
    }
  })
  return {
    key: (row, lookup) => parts.map(({ value }) => value(row, lookup)),
    compare: (a, b) => {
      for (const [i, { compare, sign }] of parts.entries()) {
        const order = compare(a[i] ?? null, b[i] ?? null)
        if (order !== 0) return order * sign
      }
      return 0
    },
  }
}

/** A missing value is greater than any other and equal to itself. */
export function nullsGreatest(compare: Compare): Compare {
  return (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    return compare(a, b)
  }
}

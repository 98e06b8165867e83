import type { Catalog } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import { type Lookup, valueAt } from './evaluate.ts'
import { found, routeOf } from './path.ts'
import type { Order, Row } from './query.ts'
import { type Compare, compareOf, familyOf } from './scalar.ts'

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

/** Throws on paths the model does not have: check queries of strangers first (core/query/check). */
export function sorter(catalog: Catalog, entity: string, order: readonly Order[]): Sorter {
  const parts = order.map(({ path, direction }) => {
    const route = found(routeOf(catalog, entity, path))
    const sign = direction === 'asc' ? 1 : -1
    return { value: valueAt(entity, route), compare: nullsGreatest(compareOf(familyOf(route.type))), sign }
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

function nullsGreatest(compare: Compare): Compare {
  return (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    return compare(a, b)
  }
}

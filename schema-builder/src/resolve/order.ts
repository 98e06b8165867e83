import type { Catalog } from '@zg/core/ir/catalog'
import type { Names } from '@zg/core/ir/names'
import { totalOrder } from '@zg/core/query/order'
import type { Order } from '@zg/core/query/query'
import { membersOf } from './members.ts'

/** `orderBy` as the order of a query: one member per item (`@oneOf`), ending in `id` so that pages have an end. */
export function orderOf(catalog: Catalog, names: Names, entity: string, input: unknown): readonly Order[] {
  const items = (input ?? []) as readonly { readonly [name: string]: 'asc' | 'desc' }[]
  const own = names.entities[entity]
  if (!own) throw new Error(`No names for entity ${entity}`)
  const { byName } = membersOf(catalog.entity(entity), own)
  return totalOrder(
    items.flatMap(item =>
      Object.entries(item).map(([name, direction]) => ({
        path: [byName.get(name)?.name ?? name],
        direction,
      })),
    ),
  )
}

import { parseId } from '@zg/core/change/id'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'

/** The entity an id belongs to, by its prefix; undefined for what is no id of this model. */
export function entityOf(catalog: Catalog, id: string): EntityView | undefined {
  const parts = parseId(id)
  return parts ? catalog.entityByPrefix(parts.prefix) : undefined
}

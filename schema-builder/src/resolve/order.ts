import type { Catalog } from '@zg/core/ir/catalog'
import { type Names, onMember } from '@zg/core/ir/names'
import { totalOrder } from '@zg/core/query/order'
import { stepOn } from '@zg/core/query/path'
import type { Order } from '@zg/core/query/query'
import { type Member, membersOf } from './members.ts'

/** `orderBy` as the order of a query: one member per item (`@oneOf`), ending in `id` so that pages have an end. */
export function orderOf(catalog: Catalog, names: Names, entity: string, input: unknown): readonly Order[] {
  const items = (input ?? []) as readonly Item[]
  return totalOrder(items.flatMap(item => ordersOf(catalog, names, entity, [], item)))
}

/** A field with its direction, or a relation to one row with an item of the entity it leads to. */
interface Item {
  readonly [name: string]: 'asc' | 'desc' | Item
}

function ordersOf(
  catalog: Catalog,
  names: Names,
  entity: string,
  prefix: readonly string[],
  item: Item,
): readonly Order[] {
  const own = names.entities[entity]
  if (!own) throw new Error(`No names for entity ${entity}`)
  const { byName } = membersOf(catalog.entity(entity), own)
  return Object.entries(item).flatMap(([name, value]): readonly Order[] => {
    const member = byName.get(name)
    const path = [...prefix, member?.name ?? name]
    if (typeof value === 'string') return [{ path, direction: value }]
    if (member?.kind === 'field' && member.field.type.kind === 'refs')
      return polymorphic(catalog, names, path, member.field.type.to, value)
    const to = member && oneTarget(member)
    if (!to) throw new Error(`${entity}.${name} leads to no other row`)
    return ordersOf(catalog, names, to, path, value)
  })
}

/** By the id itself, or by a field of the rows of one entity: all others count as missing. */
function polymorphic(
  catalog: Catalog,
  names: Names,
  path: readonly string[],
  to: readonly string[],
  item: Item,
): readonly Order[] {
  return Object.entries(item).flatMap(([name, value]): readonly Order[] => {
    if (typeof value === 'string') return [{ path, direction: value }]
    const entity = to.find(one => onMember(names, one) === name)
    const field = path.at(-1)
    if (entity === undefined || field === undefined) throw new Error(`${path.join('.')} has no order ${name}`)
    return ordersOf(catalog, names, entity, [...path.slice(0, -1), stepOn(field, entity)], value)
  })
}

/** The entity that a relation to one row leads to. */
function oneTarget(member: Member): string | undefined {
  if (member.kind === 'computed') return undefined
  if (member.kind === 'field') return member.field.type.kind === 'ref' ? member.field.type.to : undefined
  return member.inverse.kind === 'single' ? member.inverse.from : undefined
}

import type { Catalog } from '../ir/catalog.ts'
import { referredEntities } from '../ir/refer.ts'
import { uniqueKeys } from '../ir/unique.ts'
import type { Act } from './act.ts'

/**
 * How a mutation may travel: `merge` as the changes that its author made, which are logged as stamped; `guarded` as
 * its acts, which the gateway does itself under the tenant's lock, because only there a rule can be kept.
 */
export type Lane = 'merge' | 'guarded'

/** One guarded member makes the whole mutation guarded. O(members). */
export function laneOf(catalog: Catalog, acts: readonly Act[]): Lane {
  return acts.some(act => guardedMembers(catalog, act).length > 0) ? 'guarded' : 'merge'
}

/**
 * The members of an act that are guarded: fields of unique keys; `id` of a row that others may refer to or that holds
 * unique values, where the act deletes it, and of an act with a condition. Nothing of an unknown entity.
 */
export function guardedMembers(catalog: Catalog, act: Act): readonly string[] {
  const entity = catalog.entities.find(({ name }) => name === act.entity)
  if (!entity) return []
  const unique = new Set(uniqueKeys(entity.ir).flatMap(({ on }) => on.map(({ name }) => name)))
  if (act.kind === 'delete') return unique.size > 0 || isReferred(catalog, act.entity) ? ['id'] : []
  const members = act.given ? ['id'] : []
  for (const name of Object.keys(act.fields)) {
    const inverse = entity.inverses.get(name)
    if (unique.has(name)) members.push(name)
    // The other rows hold the relation as their to-one, and that may be part of a key of theirs.
    if (inverse && inverse.kind !== 'edges' && isUnique(catalog, inverse.from, inverse.via))
      members.push(name)
  }
  if (act.kind === 'create') {
    for (const name of unique) {
      const { default: literal = null } = entity.fields.get(name) ?? {}
      // What the create leaves out it will hold all the same.
      if (literal !== null && !Object.hasOwn(act.fields, name)) members.push(name)
    }
  }
  return members
}

function isUnique(catalog: Catalog, entity: string, field: string): boolean {
  return uniqueKeys(catalog.entity(entity).ir).some(({ on }) => on.some(({ name }) => name === field))
}

function isReferred(catalog: Catalog, entity: string): boolean {
  return catalog.entities.some(({ ir }) =>
    ir.fields.some(({ type }) => referredEntities(type).includes(entity)),
  )
}

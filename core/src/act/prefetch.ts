import { edgeKey } from '../change/id.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import { isReference, referredEntity } from '../ir/refer.ts'
import { uniqueKeys } from '../ir/unique.ts'
import { normalForm } from '../query/normal.ts'
import type { Act, FieldActs } from './act.ts'
import { claimOf, oneToOneClaim } from './claim.ts'
import { needsOfGiven } from './given.ts'
import type { Address, ClaimKey, Needs } from './needs.ts'
import { rowAddress } from './step.ts'

/**
 * What these acts will ask for as far as their inputs tell, so that a whole batch is loaded at once. What only
 * the data tells (who refers to a deleted row) `judge` asks for itself. The acts must have passed
 * `checkActs`: what no store can hold must not reach a statement.
 */
export function prefetch(catalog: Catalog, acts: readonly Act[]): Needs {
  const instances: Address[] = []
  const inbound: Address[] = []
  const claims: ClaimKey[] = []
  for (const act of acts) {
    const entity = catalog.entities.find(({ name }) => name === act.entity)
    if (!entity) continue
    if (act.given) {
      const needs = needsOfGiven(catalog, act.given)
      claims.push(...(needs.claims ?? []))
      instances.push(...(needs.instances ?? []))
    }
    instances.push(rowAddress(entity, act.id))
    if (act.kind === 'delete') {
      inbound.push(rowAddress(entity, act.id))
      continue
    }
    claims.push(...claimed(entity, act))
    for (const name of Object.keys(act.fields)) {
      const fieldAct = act.fields[name]
      if (!fieldAct) continue
      const inverse = entity.inverses.get(name)
      if (fieldAct.kind === 'set' && inverse?.kind === 'single') {
        const other = catalog.entity(inverse.from)
        claims.push(oneToOneClaim(other.ir, inverse.via, act.id))
        if (fieldAct.value !== null) instances.push(rowAddress(other, String(fieldAct.value)))
      } else if (fieldAct.kind === 'set') {
        const target = fieldAct.value
        const field = entity.fields.get(name)
        if (!field || !isReference(field.type) || typeof target !== 'string') continue
        const referred = referredEntity(catalog, field.type, target)
        if (referred) instances.push(rowAddress(referred, target))
      } else if (fieldAct.kind === 'alter') {
        instances.push(
          ...linked(catalog, entity, act.id, name, [...fieldAct.add, ...fieldAct.remove].map(String)),
        )
      }
    }
  }
  return { instances, inbound, claims, stamps: [] }
}

/** The unique values that an act spells out; where it leaves some of a key's fields to the row, `judge` asks. */
function claimed(entity: EntityView, { kind, fields }: Extract<Act, { fields: FieldActs }>): ClaimKey[] {
  return uniqueKeys(entity.ir).flatMap(key => {
    const values = key.on.map(({ name, type, default: value }) => {
      const act = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (act?.kind === 'set') return normalForm(type, act.value)
      return kind === 'create' ? (value ?? null) : null
    })
    return claimOf(key, values) ?? []
  })
}

/** The rows, and the edges to them, that altering a relation looks at. */
function linked(
  catalog: Catalog,
  entity: EntityView,
  id: string,
  name: string,
  ids: readonly string[],
): Address[] {
  const inverse = entity.inverses.get(name)
  if (!inverse) return []
  if (inverse.kind !== 'edges') return ids.map(other => rowAddress(catalog.entity(inverse.from), other))
  const relation = catalog.relation(inverse.relation)
  const forward = inverse.end === 'from'
  const other = catalog.entity(forward ? relation.to : relation.from)
  return ids.flatMap(otherId => [
    rowAddress(other, otherId),
    { entity: relation.number, key: forward ? edgeKey(id, otherId) : edgeKey(otherId, id) },
  ])
}

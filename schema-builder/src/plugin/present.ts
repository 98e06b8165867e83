import type { EntityIR, FieldIR, InverseIR, ModelIR } from '@zg/core/ir/ir'
import { ProblemError, problem } from '@zg/core/problem'
import type { Presentation } from './types.ts'

/**
 * The model as a builder shows it: without the entities that are left out and whatever leads to them, and with
 * prefixed names. Numbers, prefixes of ids and declared names stay, so that it speaks of the same store.
 */
export function presented(
  ir: ModelIR,
  { include, exclude = [], prefix = '' }: Presentation<string>,
): ModelIR {
  const known = new Set(ir.entities.map(({ name }) => name))
  const unknown = [...(include ?? []), ...exclude].filter(name => !known.has(name))
  if (unknown.length) {
    throw new ProblemError(
      unknown.map(name => problem('UNKNOWN_ENTITY', ['zg', name], `The model has no entity ${name}`)),
    )
  }
  if (!include && !exclude.length && !prefix) return ir
  const shown = new Set([...(include ?? known)].filter(name => !exclude.includes(name)))
  const relations = ir.relations.filter(({ from, to }) => shown.has(from) && shown.has(to))
  const edges = new Set(relations.map(({ name }) => name))
  const leads = (inverse: InverseIR): boolean =>
    inverse.kind === 'edges' ? edges.has(inverse.relation) : shown.has(inverse.from)
  const entities = ir.entities
    .filter(({ name }) => shown.has(name))
    .map(entity =>
      prefixed(
        cut(entity, field => refersTo(field, shown), leads),
        prefix,
      ),
    )
  return { ...ir, entities, relations }
}

function refersTo({ type }: FieldIR, shown: ReadonlySet<string>): boolean {
  return type.kind !== 'ref' || shown.has(type.to)
}

function cut(
  entity: EntityIR,
  keepsField: (field: FieldIR) => boolean,
  keepsInverse: (inverse: InverseIR) => boolean,
): EntityIR {
  const fields = entity.fields.filter(keepsField)
  const gone = new Set(entity.fields.filter(field => !keepsField(field)).map(({ name }) => name))
  const inKey = entity.key.find(name => gone.has(name))
  if (inKey !== undefined) {
    const message = `${inKey} is part of the id of ${entity.name}, and refers to an entity that is left out: leave out both, or none`
    throw new ProblemError([problem('EXCLUDED_KEY', [entity.name, inKey], message)])
  }
  return {
    ...entity,
    fields,
    inverses: entity.inverses.filter(keepsInverse),
    indexes: entity.indexes.filter(({ on }) => on.every(path => !gone.has(path))),
  }
}

/** Types by `Shop`, fields by `shop`: `ShopOrder`, `shopOrder`, `shopOrders`. */
function prefixed(entity: EntityIR, prefix: string): EntityIR {
  if (!prefix) return entity
  const { name = entity.name, plural } = entity.graphql
  const own = { name: `${prefix}${name}` }
  return { ...entity, graphql: plural ? { ...own, plural: `${lower(prefix)}${upper(plural)}` } : own }
}

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

import type { EntityIR } from '@zg/core/ir/ir'
import { isReference } from '@zg/core/ir/refer'
import { isOrdered } from '@zg/core/query/scalar'
import { type Definition, type DynamicBuilder, entityNames, fieldNames, type InputMap } from './builder.ts'

export function defineDirection(builder: DynamicBuilder): void {
  builder.enumType('OrderDirection', {
    description: 'Missing values count as the greatest: last in ASC, first in DESC.',
    values: { ASC: { value: 'asc' }, DESC: { value: 'desc' } },
  })
}

/** `MovieOrder`: one field and its direction, of the row or of one that it has a relation to. Sets, bytes and json have no order. */
export function defineOrder({ builder, names }: Definition, entity: EntityIR): void {
  builder.inputType(entityNames(names, entity.name).order, {
    isOneOf: true,
    description:
      'Exactly one field, its own or that of a to-one relation. Missing values come last in ASC, first in DESC. Ties are broken by `id`.',
    fields: (t): InputMap => ({
      id: t.field({ type: 'OrderDirection', required: false }),
      ...Object.fromEntries(
        entity.fields
          .filter(
            ({ crdt, type }) => crdt !== 'set' && crdt !== 'text' && !isReference(type) && isOrdered(type),
          )
          .map(({ name }) => [
            fieldNames(names, entity.name, name).graphql,
            t.field({ type: 'OrderDirection', required: false }),
          ]),
      ),
      ...Object.fromEntries(
        (entity.computed ?? [])
          .filter(({ type }) => isOrdered(type))
          .map(({ name }) => [
            fieldNames(names, entity.name, name).graphql,
            t.field({ type: 'OrderDirection', required: false }),
          ]),
      ),
      ...Object.fromEntries(
        relationsToOne(entity).map(([name, to]) => {
          const { graphql, order } = fieldNames(names, entity.name, name)
          const type = to === null ? order : entityNames(names, to).order
          if (!type) throw new Error(`No order for ${entity.name}.${name}`)
          return [graphql, t.field({ type, required: false })]
        }),
      ),
    }),
  })
}

/** Where each leads; null: to rows of several entities, which have an order of their own. */
function relationsToOne({ fields, inverses }: EntityIR): readonly (readonly [string, string | null])[] {
  return [
    ...fields.flatMap(({ name, type }) =>
      isReference(type) ? [[name, type.kind === 'ref' ? type.to : null] as const] : [],
    ),
    ...inverses.flatMap(relation =>
      relation.kind === 'single' ? [[relation.name, relation.from] as const] : [],
    ),
  ]
}

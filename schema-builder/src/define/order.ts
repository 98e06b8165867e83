import type { EntityIR } from '@zg/core/ir/ir'
import { type Definition, type DynamicBuilder, entityNames, fieldNames, type InputMap } from './builder.ts'

export function defineDirection(builder: DynamicBuilder): void {
  builder.enumType('OrderDirection', {
    description: 'Missing values count as the greatest: last in ASC, first in DESC.',
    values: { ASC: { value: 'asc' }, DESC: { value: 'desc' } },
  })
}

/** `MovieOrder`: one field and its direction. Sets and relations have no order. */
export function defineOrder({ builder, names }: Definition, entity: EntityIR): void {
  builder.inputType(entityNames(names, entity.name).order, {
    isOneOf: true,
    description:
      'Exactly one field. Missing values come last in ASC, first in DESC. Ties are broken by `id`.',
    fields: (t): InputMap => ({
      id: t.field({ type: 'OrderDirection', required: false }),
      ...Object.fromEntries(
        entity.fields
          .filter(({ crdt, type }) => crdt !== 'set' && type.kind !== 'ref')
          .map(({ name }) => [
            fieldNames(names, entity.name, name).graphql,
            t.field({ type: 'OrderDirection', required: false }),
          ]),
      ),
    }),
  })
}

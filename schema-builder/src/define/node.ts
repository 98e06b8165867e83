import type { Row } from '@zg/core/query/query'
import { entityOf } from '../resolve/entity.ts'
import type { DynamicBuilder } from './builder.ts'
import { generated } from './field.ts'

/** `Node` and `PageInfo`, as Relay has them. */
export function defineNode(builder: DynamicBuilder): void {
  builder.interfaceType('Node', {
    description: 'Anything with an id that is unique across the whole graph.',
    fields: t => ({
      id: generated(t, { type: 'ID', nullable: false, binding: { kind: 'property', name: 'id' } }),
    }),
    resolveType: (row: unknown, { zg }) => {
      const entity = entityOf(zg.services.catalog, (row as Row).id)
      return entity && zg.services.names.entities[entity.name]?.type
    },
  })
  builder.objectType('PageInfo', {
    fields: t => ({
      hasNextPage: generated(t, page('Boolean', false, 'hasNextPage')),
      hasPreviousPage: generated(t, page('Boolean', false, 'hasPreviousPage')),
      startCursor: generated(t, page('String', true, 'startCursor')),
      endCursor: generated(t, page('String', true, 'endCursor')),
    }),
  })
}

function page(type: string, nullable: boolean, name: string) {
  return { type, nullable, binding: { kind: 'property', name } } as const
}

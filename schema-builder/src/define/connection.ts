import type { InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { PAGE_DEFAULT, PAGE_LIMIT } from '../resolve/page.ts'
import { type Definition, entityNames } from './builder.ts'
import { generated } from './field.ts'

/** `MovieConnection` and `MovieEdge`. */
export function defineConnection({ builder, names }: Definition, entity: EntityIR): void {
  const own = entityNames(names, entity.name)
  builder.objectType(own.connection, {
    fields: t => ({
      nodes: generated(t, { type: [own.type], nullable: false, binding: { kind: 'nodes' } }),
      edges: generated(t, { type: [own.edge], nullable: false, binding: { kind: 'edges' } }),
      pageInfo: generated(t, { type: 'PageInfo', nullable: false, binding: { kind: 'pageInfo' } }),
    }),
  })
  builder.objectType(own.edge, {
    fields: t => ({
      cursor: generated(t, { type: 'String', nullable: false, binding: { kind: 'edgeCursor' } }),
      node: generated(t, { type: own.type, nullable: false, binding: { kind: 'edgeNode' } }),
    }),
  })
}

/** The arguments of every connection of an entity. */
export function pageArgs({ builder, names }: Definition, entity: string): InputFieldMap {
  const own = entityNames(names, entity)
  return builder.args(t => ({
    where: t.field({ type: own.where, required: false }),
    orderBy: t.field({
      type: [own.order],
      required: false,
      description: 'First the first of these, then the next; `id` ends it.',
    }),
    first: t.field({
      type: 'Int',
      required: false,
      description: `How many rows: ${PAGE_DEFAULT} when absent, ${PAGE_LIMIT} at most.`,
    }),
    after: t.field({
      type: 'String',
      required: false,
      description: 'A cursor from a page with the same filter and order: only rows behind it.',
    }),
  }))
}

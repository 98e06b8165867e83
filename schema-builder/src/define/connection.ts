import type { InputFieldMap } from '@pothos/core'
import { searchedFields } from '@zg/core/ir/fulltext'
import type { EntityIR } from '@zg/core/ir/ir'
import { PAGE_DEFAULT, PAGE_LIMIT } from '../resolve/page.ts'
import { type Definition, entityNames } from './builder.ts'
import { generated } from './field.ts'

/** `MovieConnection` and `MovieEdge`. */
export function defineConnection({ builder, names, relay }: Definition, entity: EntityIR): void {
  const own = entityNames(names, entity.name)
  builder.objectType(own.connection, {
    fields: t => ({
      nodes: generated(t, { type: [own.type], nullable: false, binding: { kind: 'nodes' } }),
      edges: generated(t, { type: [own.edge], nullable: false, binding: { kind: 'edges' } }),
      pageInfo: generated(t, {
        type: relay?.pageInfo ?? 'PageInfo',
        nullable: false,
        binding: { kind: 'pageInfo' },
      }),
      totalCount: generated(t, {
        type: 'Int',
        nullable: false,
        binding: { kind: 'totalCount' },
        description: 'Of all rows that match the filter, whatever the page.',
      }),
      aggregate: generated(t, {
        type: own.aggregates.aggregate,
        nullable: false,
        binding: { kind: 'aggregate' },
        description: 'Of all rows that match the filter, whatever the page.',
      }),
    }),
  })
  builder.objectType(own.edge, {
    fields: t => ({
      cursor: generated(t, { type: 'String', nullable: false, binding: { kind: 'edgeCursor' } }),
      node: generated(t, { type: own.type, nullable: false, binding: { kind: 'edgeNode' } }),
    }),
  })
}

const SEARCH =
  'Words to look for: all of them, `a or b` either, `"a b"` one behind the other, `-a` without; the last may be unfinished. Best first unless `orderBy` says otherwise.'

/** The arguments of every connection of an entity. */
export function pageArgs({ builder, catalog, names }: Definition, entity: string): InputFieldMap {
  const searched = searchedFields(catalog.entity(entity).ir)
  const own = entityNames(names, entity)
  return builder.args(t => ({
    where: t.field({ type: own.where, required: false }),
    ...(searched.length ? { search: t.field({ type: 'String', required: false, description: SEARCH }) } : {}),
    orderBy: t.field({
      type: [own.order],
      required: false,
      description: 'First the first of these, then the next; `id` ends it.',
    }),
    first: t.field({
      type: 'Int',
      required: false,
      description: `How many rows from the start: ${PAGE_DEFAULT} when absent, ${PAGE_LIMIT} at most.`,
    }),
    after: t.field({
      type: 'String',
      required: false,
      description: 'A cursor from a page with the same filter and order: only rows behind it.',
    }),
    last: t.field({
      type: 'Int',
      required: false,
      description: `How many rows from the end, ${PAGE_LIMIT} at most; not together with \`first\`. ${PAGE_DEFAULT} if only \`before\` is given.`,
    }),
    before: t.field({
      type: 'String',
      required: false,
      description: 'A cursor from a page with the same filter and order: only rows before it.',
    }),
  }))
}

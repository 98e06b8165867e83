import type { Catalog } from '@zg/core/ir/catalog'
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../execute/context.ts'
import { bind } from '../resolve/bind.ts'
import { entityOf } from '../resolve/entity.ts'

type Nodes = GraphQLFieldResolver<
  unknown,
  Context,
  { readonly id?: unknown; readonly ids?: readonly unknown[] }
>

/** `node` and `nodes` of another plugin, which see only the ids that are not ours. */
export function nodesBeside(theirs: Nodes, name: 'node' | 'nodes', catalog: Catalog): Nodes {
  const isOurs = (id: unknown): boolean => entityOf(catalog, String(id)) !== undefined
  const one = bind({ kind: 'node' }).resolve
  if (name === 'node') {
    return (root, args, context, info) =>
      isOurs(args.id)
        ? one(root, args as Record<string, unknown>, context, info)
        : theirs(root, args, context, info)
  }
  return async (root, { ids = [], ...args }, context, info: GraphQLResolveInfo) => {
    const foreign = ids.filter(id => !isOurs(id))
    const found = foreign.length ? await theirs(root, { ...args, ids: foreign }, context, info) : []
    const others = [...(found as readonly unknown[])]
    return ids.map(id => (isOurs(id) ? one(root, { id }, context, info) : (others.shift() ?? null)))
  }
}

import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import type { GraphQLFieldResolver } from 'graphql'
import type { Context } from '../execute/context.ts'
import { chain } from '../execute/maybe.ts'
import { ticks } from '../execute/ticks.ts'
import type { Binding } from './binding.ts'
import { type Change, changes } from './changes.ts'
import { type MutationArgs, mutate, type Payload } from './mutate.ts'
import type { Page, PageArgs } from './page.ts'
import { list, nodeById, row, rowById, single, toMany, toOne } from './relation.ts'

export type Resolve = GraphQLFieldResolver<unknown, Context, Record<string, unknown>>
export type Subscribe = GraphQLFieldResolver<
  unknown,
  Context,
  Record<string, unknown>,
  MaybePromise<AsyncIterable<unknown>>
>

/** What a binding does, as graphql's functions; `subscribe` only where it may stand under Subscription. */
export interface Bound {
  readonly resolve: Resolve
  readonly subscribe?: Subscribe
}

/** An edge of a connection. */
interface Edge {
  readonly page: Page
  readonly node: Row
}

/** Makes a generated field's resolver. Resolvers answer at once unless a port does not. */
export function bind(binding: Binding): Bound {
  switch (binding.kind) {
    case 'property':
      return { resolve: value => (value as { readonly [name: string]: unknown })[binding.name] }
    case 'column':
      return { resolve: value => (value as Row)[binding.field] }
    case 'one':
      return { resolve: (value, _, { zg }, info) => toOne(zg, binding, value as Row, info) }
    case 'single':
      return { resolve: (value, _, { zg }, info) => single(zg, binding, value as Row, info) }
    case 'many':
      return {
        resolve: (value, args, { zg }, info) => toMany(zg, binding, value as Row, args as PageArgs, info),
      }
    case 'row':
      return live((_, { id }, { zg }, info) => rowById(zg, binding.entity, id as string, info))
    case 'rows':
      return live((_, args, { zg }, info) => list(zg, binding.entity, args as PageArgs, info))
    case 'node':
      return live((_, { id }, { zg }, info) => nodeById(zg, id as string, info))
    case 'changes':
      return { resolve: batch => batch, subscribe: (_, args, { zg }) => changes(zg, binding.entity, args) }
    case 'changed':
      return { resolve: change => (change as Change).row }
    case 'create':
    case 'update':
    case 'delete':
      return { resolve: (_, args, { zg }) => mutate(zg, binding.kind, binding.entity, args as MutationArgs) }
    case 'written':
      return {
        resolve: (payload, _, { zg }, info) =>
          written(payload as Payload, id => row(zg, binding.entity, id, info)),
      }
    default:
      return { resolve: member(binding.kind) }
  }
}

/** Under Subscription a read is a live query: its source says when to look again. */
function live(resolve: Resolve): Bound {
  return { resolve, subscribe: (_, _args, { zg }) => chain(zg.position(), since => ticks(zg, since)) }
}

function written<T>({ gone, id }: Payload, read: (id: string) => T): T | null {
  return gone ? null : read(id)
}

/** The members of connections and edges. */
function member(kind: 'nodes' | 'edges' | 'pageInfo' | 'edgeNode' | 'edgeCursor'): Resolve {
  switch (kind) {
    case 'nodes':
      return page => (page as Page).rows
    case 'edges':
      return page => (page as Page).rows.map((node): Edge => ({ page: page as Page, node }))
    case 'pageInfo':
      return page => pageInfo(page as Page)
    case 'edgeNode':
      return edge => (edge as Edge).node
    case 'edgeCursor':
      return edge => (edge as Edge).page.plan.cursor((edge as Edge).node)
  }
}

function pageInfo({ plan, rows, hasNextPage }: Page) {
  const [first] = rows
  const last = rows.at(-1)
  return {
    hasNextPage,
    hasPreviousPage: plan.behind,
    startCursor: first ? plan.cursor(first) : null,
    endCursor: last ? plan.cursor(last) : null,
  }
}

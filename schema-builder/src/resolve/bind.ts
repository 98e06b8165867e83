import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import type { GraphQLFieldResolver } from 'graphql'
import type { Context } from '../execute/context.ts'
import type { Totals } from '../execute/loads.ts'
import { all, chain } from '../execute/maybe.ts'
import { ticks } from '../execute/ticks.ts'
import type { Binding } from './binding.ts'
import { type Change, changes } from './changes.ts'
import { groups, measured } from './groups.ts'
import type { Input } from './input.ts'
import { items } from './items.ts'
import { rowByKey } from './key.ts'
import { type MutationArgs, mutate, type Payload } from './mutate.ts'
import type { Page, PageArgs } from './page.ts'
import {
  computed,
  list,
  nodeById,
  nodesById,
  oneOf,
  row,
  rowById,
  single,
  toMany,
  toOne,
} from './relation.ts'

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
  const { resolve: answer, ...rest } = made(binding)
  const resolve: Resolve = LISTS.has(binding.kind) ? (...asked) => chain(answer(...asked), items) : answer
  resolvers.add(resolve)
  return { resolve, ...rest }
}

/** What may give a list of things with fields of their own. */
const LISTS: ReadonlySet<Binding['kind']> = new Set([
  'nodes',
  'edges',
  'writtenMany',
  'someNodes',
  'groups',
  'property',
])

const resolvers = new WeakSet<object>()

/** Whether a field does what its binding says: a plugin may have put something around it. */
export function isBound(resolve: object | undefined): boolean {
  return resolve !== undefined && resolvers.has(resolve)
}

function made(binding: Binding): Bound {
  switch (binding.kind) {
    case 'property':
      return { resolve: value => (value as { readonly [name: string]: unknown })[binding.name] }
    case 'column':
      return { resolve: value => (value as Row)[binding.field] }
    case 'one':
      return { resolve: (value, _, { zg }, info) => toOne(zg, binding, value as Row, info) }
    case 'computed':
      return { resolve: (value, _, { zg }) => computed(zg, binding, value as Row) }
    case 'oneOf':
      return { resolve: (value, _, { zg }, info) => oneOf(zg, binding, value as Row, info) }
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
    case 'byKey':
      return live((_, { key }, { zg }, info) => rowByKey(zg, binding.entity, key as Input, info))
    case 'node':
      return live((_, { id }, { zg }, info) => nodeById(zg, id as string, info))
    case 'someNodes':
      return live((_, { ids }, { zg }, info) => nodesById(zg, ids as readonly string[], info))
    case 'groups':
      return live((_, args, { zg }, info) => groups(zg, binding.entity, args, info))
    case 'aggregate':
      return { resolve: value => (value as { readonly totals: Totals }).totals }
    case 'measure':
      return { resolve: totals => measured(totals as Totals, binding.measure) }
    case 'changes':
      return {
        resolve: batch => batch,
        subscribe: (_, args, { zg, span }) => changes(zg, binding.entity, args, span),
      }
    case 'changed':
      return { resolve: change => (change as Change).row }
    case 'create':
    case 'update':
    case 'delete':
    case 'upsert':
      return { resolve: (_, args, { zg }) => mutate(zg, binding, args as MutationArgs) }
    case 'written':
      return {
        resolve: (payload, _, { zg }, info) =>
          written(payload as Payload, id => row(zg, binding.entity, id, info)),
      }
    case 'writtenId':
      return { resolve: payload => (payload as Payload).ids[0] }
    case 'writtenMany':
      return {
        resolve: (payload, _, { zg }, info) =>
          writtenMany(payload as Payload, id => row(zg, binding.entity, id, info)),
      }
    default:
      return { resolve: member(binding.kind) }
  }
}

/** Under Subscription a read is a live query: its source says when to look again. */
function live(resolve: Resolve): Bound {
  return { resolve, subscribe: (_, _args, { zg }) => chain(zg.position(), since => ticks(zg, since)) }
}

function written<T>({ gone, ids: [id] }: Payload, read: (id: string) => T): T | null {
  return gone || id === undefined ? null : read(id)
}

/** In the order of the arguments; what somebody has deleted since is left out. */
function writtenMany<T>({ gone, ids }: Payload, read: (id: string) => MaybePromise<T | null>) {
  return gone ? [] : chain(all(ids.map(read)), rows => rows.filter(row => row !== null))
}

/** The members of connections and edges. */
function member(kind: 'nodes' | 'edges' | 'pageInfo' | 'edgeNode' | 'edgeCursor' | 'totalCount'): Resolve {
  switch (kind) {
    case 'nodes':
      return page => (page as Page).rows
    case 'edges':
      return page => (page as Page).rows.map((node): Edge => ({ page: page as Page, node }))
    case 'pageInfo':
      return page => pageInfo(page as Page)
    case 'totalCount':
      return page => (page as Page).totals.count
    case 'edgeNode':
      return edge => (edge as Edge).node
    case 'edgeCursor':
      return edge => (edge as Edge).page.plan.cursor((edge as Edge).node)
  }
}

/** What lies beyond a cursor of the asker's costs another read, so it is looked up only when it is asked for. */
function pageInfo({ plan, rows, more, exists }: Page) {
  const [first] = rows
  const last = rows.at(-1)
  return {
    get hasNextPage() {
      if (more && !plan.backward) return true
      return plan.ahead ? exists(plan.ahead) : false
    },
    get hasPreviousPage() {
      if (more && plan.backward) return true
      return plan.behind ? exists(plan.behind) : false
    },
    startCursor: first ? plan.cursor(first) : null,
    endCursor: last ? plan.cursor(last) : null,
  }
}

import { canonical, type Json } from '@zg/core/json'
import { checkQuery } from '@zg/core/query/check'
import { decodePageCursor, encodePageCursor, pageBinding } from '@zg/core/query/pageCursor'
import type { Order, Query, Row } from '@zg/core/query/query'
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import type { Operation } from '../execute/operation.ts'
import { orderOf } from './order.ts'
import { reachOf } from './reach.ts'
import { refusal, refused } from './refusal.ts'
import { columnsOf, rowNodes } from './selection.ts'
import { whereOf } from './where.ts'

/** Rows per page when `first` is absent, and at most. Stated in the descriptions of the argument. */
export const PAGE_DEFAULT = 50
export const PAGE_LIMIT = 500

/** The arguments of a connection, as GraphQL has coerced them. */
export interface PageArgs {
  readonly where?: unknown
  readonly orderBy?: unknown
  readonly first?: number | null
  readonly after?: string | null
}

/** How to read one connection field: the same for all parents it is resolved for. */
export interface PagePlan {
  readonly query: Omit<Query, 'fields' | 'under'>
  readonly fields: readonly string[]
  readonly first: number
  /** Equal for equal reads. */
  readonly key: string
  /** The page starts behind a cursor. */
  readonly behind: boolean
  cursor(row: Row): string
}

/** One page, as the resolvers of connection and edge see it. */
export interface Page {
  readonly plan: PagePlan
  readonly rows: readonly Row[]
  readonly hasNextPage: boolean
}

/**
 * The plan of the connection field at `info`, made once per operation. Reads one row more than asked, to know
 * whether a page follows. Throws `PAGE_SIZE`, `BAD_CURSOR`, `NULL_COMPARISON` and what `checkQuery` finds.
 */
export function planOf(operation: Operation, list: PageList, info: GraphQLResolveInfo): PagePlan {
  return operation.once(info.fieldNodes, () => plan(operation, list, info))
}

/** A list to page through: of `entity`, all of it or what hangs below a row. */
export interface PageList {
  readonly entity: string
  readonly args: PageArgs
  /** `Person.directed`: a cursor of one relation is none of another. */
  readonly relation?: string
}

function plan(
  operation: Operation,
  { entity, args, relation }: PageList,
  info: GraphQLResolveInfo,
): PagePlan {
  const { catalog, names, scope } = operation.services
  const where = whereOf(catalog, names, entity, args.where)
  const order = orderOf(catalog, names, entity, args.orderBy)
  const first = sizeOf(args.first)
  const bound = pageBinding({ entity, where, order, tenant: scope.tenant, relation })
  const after = args.after === undefined || args.after === null ? undefined : afterOf(args.after, bound)
  const query = { entity, where, order, limit: first + 1, ...(after ? { after } : {}) }
  const [problem] = checkQuery(catalog, { ...query, fields: [] })
  if (problem) throw refusal(problem.code, problem.path.slice(0, 1), problem.message)
  for (const reached of reachOf(catalog, entity, where)) operation.touched.add(reached)
  return {
    query,
    first,
    fields: columns(operation, entity, info, order),
    key: canonical(query as unknown as Json),
    behind: after !== undefined,
    cursor: row =>
      encodePageCursor(
        bound,
        order.map(({ path }) => row[path[0] ?? 'id'] ?? null),
      ),
  }
}

/** One parent's page out of the rows read for it: `first` and perhaps one more. */
export function pageOf(plan: PagePlan, rows: readonly Row[]): Page {
  return { plan, rows: rows.slice(0, plan.first), hasNextPage: rows.length > plan.first }
}

function sizeOf(first: number | null | undefined): number {
  if (first === undefined || first === null) return PAGE_DEFAULT
  if (first >= 0 && first <= PAGE_LIMIT) return first
  throw refusal(
    'PAGE_SIZE',
    ['first'],
    `a page has 0 to ${PAGE_LIMIT} rows; ask for the next one with \`after\``,
  )
}

/** Cursors need the values of the order, whatever is selected. */
function columns(operation: Operation, entity: string, info: GraphQLResolveInfo, order: readonly Order[]) {
  const { catalog, names } = operation.services
  const own = names.entities[entity]
  const type = (name: string | undefined) => info.schema.getType(name ?? '') as GraphQLObjectType
  const nodes = rowNodes(info, info.fieldNodes, type(own?.connection), type(own?.edge))
  const wanted = columnsOf(info, nodes, type(own?.type), catalog.entity(entity))
  const ordered = order.flatMap(({ path }) => path.slice(0, 1)).filter(name => name !== 'id')
  return [...new Set([...wanted, ...ordered])].sort()
}

function afterOf(cursor: string, bound: string): readonly Json[] {
  const key = decodePageCursor(cursor, bound)
  if ('code' in key) throw refused(key)
  return key
}

import { canonical, type Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Measure } from '@zg/core/query/aggregate'
import { checkQuery } from '@zg/core/query/check'
import { totalOrder } from '@zg/core/query/order'
import { decodePageCursor, encodePageCursor, pageBinding } from '@zg/core/query/pageCursor'
import { KEY, type Order, type Query, type Row } from '@zg/core/query/query'
import { isRank, RANK } from '@zg/core/query/search'
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import type { Totals } from '../execute/loads.ts'
import type { Operation } from '../execute/operation.ts'
import { orderOf } from './order.ts'
import { orderReach, reachOf } from './reach.ts'
import { refusal, refused } from './refusal.ts'
import { columnsOf, connectionWanted, rowNodes } from './selection.ts'
import { whereOf } from './where.ts'

/** Rows per page when `first` and `last` are absent, and at most. Stated in the descriptions of the arguments. */
export const PAGE_DEFAULT = 50
export const PAGE_LIMIT = 500

/** The arguments of a connection, as GraphQL has coerced them. */
export interface PageArgs {
  readonly where?: unknown
  readonly orderBy?: unknown
  readonly search?: string | null
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

/** A query that follows no parent yet. */
type Unrelated = Omit<Query, 'fields' | 'under'>

/** How to read one connection field: the same for all parents it is resolved for. */
export interface PagePlan {
  readonly query: Unrelated
  readonly fields: readonly string[]
  readonly size: number
  /** The page is the end of its list. */
  readonly backward: boolean
  /** Equal for equal reads of rows, and of numbers about the whole list. */
  readonly key: string
  readonly listKey: string
  /** Whether rows are read at all. */
  readonly rows: boolean
  readonly measures: readonly Measure[]
  /** Finds a row on the other side of a cursor, the one it names included; absent without that cursor. */
  readonly behind?: Unrelated
  readonly ahead?: Unrelated
  cursor(row: Row): string
}

/** One page, as the resolvers of connection and edge see it. */
export interface Page {
  readonly plan: PagePlan
  readonly rows: readonly Row[]
  /** The list goes on beyond the page, within its cursors. */
  readonly more: boolean
  readonly totals: Totals
  exists(query: Unrelated): MaybePromise<boolean>
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
  const search = isGiven(args.search) ? { search: args.search } : {}
  const ordered = isGiven(args.orderBy) || !isGiven(args.search)
  const order = ordered ? orderOf(catalog, names, entity, args.orderBy) : totalOrder([RANK])
  const { size, backward } = extent(args)
  const bound = pageBinding({ entity, where, ...search, order, tenant: scope.tenant, relation })
  const after = keyOf(args.after, bound, 'after')
  const before = keyOf(args.before, bound, 'before')
  const list: Unrelated = { entity, where, ...search, order }
  const query: Unrelated = {
    ...list,
    limit: size + 1,
    ...(backward ? { reverse: true } : {}),
    ...(after ? { after } : {}),
    ...(before ? { before } : {}),
    // The rows themselves do not hold what stands in other rows.
    ...(order.some(item => item.path.length > 1 || isRank(item)) ? { keyed: true } : {}),
  }
  const [problem] = checkQuery(catalog, { ...query, fields: [] })
  if (problem) throw refusal(problem.code, [argument(problem.path[0])], problem.message)
  for (const reached of reachOf(catalog, entity, where)) operation.touched.add(reached)
  for (const reached of orderReach(catalog, entity, order)) operation.touched.add(reached)
  const connection = typeOf(info, names.entities[entity]?.connection)
  const peek: Unrelated = { ...list, limit: 1, inclusive: true }
  return {
    ...connectionWanted(info, info.fieldNodes, connection),
    query,
    size,
    backward,
    fields: columns(operation, entity, info, order),
    key: canonical(query as unknown as Json),
    listKey: canonical({ entity, where, ...search } as unknown as Json),
    ...(after ? { behind: { ...peek, before: after } } : {}),
    ...(before ? { ahead: { ...peek, after: before } } : {}),
    cursor: row => encodePageCursor(bound, (row[KEY] as readonly Json[] | undefined) ?? ownKey(order, row)),
  }
}

/** One parent's page out of the rows read for it: as many as asked and perhaps one more. */
export function pageOf(plan: PagePlan, found: readonly Row[], totals: Totals, exists: Page['exists']): Page {
  const more = found.length > plan.size
  const rows = plan.backward ? found.slice(more ? 1 : 0) : found.slice(0, plan.size)
  return { plan, rows, more, totals, exists }
}

/** How many rows, and from which end. Who gives `before` alone asks for the rows next to it. */
function extent({ first, last, after, before }: PageArgs): { size: number; backward: boolean } {
  const forward = sizeOf(first, 'first')
  const backward = sizeOf(last, 'last')
  if (forward !== null && backward !== null) {
    throw refusal('PAGE_SIZE', ['last'], 'a page has `first` rows or `last` rows; leave one of them out')
  }
  if (forward !== null) return { size: forward, backward: false }
  if (backward !== null) return { size: backward, backward: true }
  return { size: PAGE_DEFAULT, backward: isGiven(before) && !isGiven(after) }
}

function sizeOf(size: number | null | undefined, argument: 'first' | 'last'): number | null {
  if (!isGiven(size)) return null
  if (size >= 0 && size <= PAGE_LIMIT) return size
  const next = argument === 'first' ? 'next one with `after`' : 'previous one with `before`'
  throw refusal('PAGE_SIZE', [argument], `a page has 0 to ${PAGE_LIMIT} rows; ask for the ${next}`)
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null
}

/** The argument that a part of a query came from. */
function argument(part = ''): string {
  return part === 'order' ? 'orderBy' : part
}

/** Cursors need the values of the order, whatever is selected. */
function columns(operation: Operation, entity: string, info: GraphQLResolveInfo, order: readonly Order[]) {
  const { catalog, names } = operation.services
  const own = names.entities[entity]
  const { fields: known, computed } = catalog.entity(entity)
  const nodes = rowNodes(info, info.fieldNodes, typeOf(info, own?.connection), typeOf(info, own?.edge))
  const wanted = columnsOf(info, nodes, typeOf(info, own?.type), catalog.entity(entity))
  const ordered = order
    .flatMap(({ path }) => (path.length === 1 ? path : []))
    .filter(name => known.has(name) || computed.has(name))
  return [...new Set([...wanted, ...ordered])].sort()
}

function typeOf({ schema }: GraphQLResolveInfo, name = ''): GraphQLObjectType {
  return schema.getType(name) as GraphQLObjectType
}

function ownKey(order: readonly Order[], row: Row): readonly Json[] {
  return order.map(({ path }) => row[path[0] ?? 'id'] ?? null)
}

function keyOf(
  cursor: string | null | undefined,
  bound: string,
  argument: 'after' | 'before',
): readonly Json[] | undefined {
  if (!isGiven(cursor)) return undefined
  const key = decodePageCursor(cursor, bound, [argument])
  if ('code' in key) throw refused(key)
  return key
}

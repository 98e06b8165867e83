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
import type { Services } from '../execute/services.ts'
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

/** What the arguments of a connection ask for, whatever is selected of it. */
export interface PageQuery {
  /** One row more than the page has, to know whether another one follows. */
  readonly query: Unrelated
  readonly size: number
  /** The page is the end of its list. */
  readonly backward: boolean
  /** Finds a row on the other side of a cursor, the one it names included; absent without that cursor. */
  readonly behind?: Unrelated
  readonly ahead?: Unrelated
  /** The columns that a cursor is made of, unless the query is keyed. */
  readonly ordered: readonly string[]
  /** The other entities that decide which rows these are, and where they stand. */
  readonly reached: readonly string[]
  /** The cursor of the row with these values of the order. */
  cursor(key: readonly Json[]): string
}

/** How to read one connection field: the same for all parents it is resolved for. */
export interface PagePlan extends Omit<PageQuery, 'cursor'> {
  readonly fields: readonly string[]
  /** Equal for equal reads of rows, and of numbers about the whole list. */
  readonly key: string
  readonly listKey: string
  /** Whether rows are read at all. */
  readonly rows: boolean
  readonly measures: readonly Measure[]
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

/** The plan of the connection field at `info`, made once per operation. Throws what `pageQuery` does. */
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

function plan(operation: Operation, list: PageList, info: GraphQLResolveInfo): PagePlan {
  const { entity } = list
  const { names } = operation.services
  const page = pageQuery(operation.services, list)
  operation.touch(page.reached)
  const { query, ordered } = page
  const { where, search, order } = query
  const connection = typeOf(info, names.entities[entity]?.connection)
  return {
    ...connectionWanted(info, info.fieldNodes, connection),
    ...page,
    fields: [...new Set([...columns(operation, entity, info), ...ordered])].sort(),
    key: canonical(query as unknown as Json),
    listKey: canonical({ entity, where, ...(search === undefined ? {} : { search }) } as unknown as Json),
    cursor: row => page.cursor((row[KEY] as readonly Json[] | undefined) ?? ownKey(order, row)),
  }
}

/** Throws `PAGE_SIZE`, `BAD_CURSOR`, `NULL_COMPARISON` and what `checkQuery` finds. */
export function pageQuery(
  { catalog, names, scope }: Services,
  { entity, args, relation }: PageList,
): PageQuery {
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
  const { fields, computed } = catalog.entity(entity)
  const peek: Unrelated = { ...list, limit: 1, inclusive: true }
  return {
    query,
    size,
    backward,
    ...(after ? { behind: { ...peek, before: after } } : {}),
    ...(before ? { ahead: { ...peek, after: before } } : {}),
    ordered: order
      .flatMap(({ path }) => (path.length === 1 ? path : []))
      .filter(name => fields.has(name) || computed.has(name)),
    reached: [...reachOf(catalog, entity, where), ...orderReach(catalog, entity, order)],
    cursor: key => encodePageCursor(bound, key),
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

function columns(operation: Operation, entity: string, info: GraphQLResolveInfo): readonly string[] {
  const { catalog, names } = operation.services
  const own = names.entities[entity]
  const nodes = rowNodes(info, info.fieldNodes, typeOf(info, own?.connection), typeOf(info, own?.edge))
  return columnsOf(info, nodes, typeOf(info, own?.type), catalog.entity(entity))
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

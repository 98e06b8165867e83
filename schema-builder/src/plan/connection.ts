import type { Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import { measureKey } from '@zg/core/query/aggregate'
import { columnOf, type Lists } from '@zg/core/query/columns'
import { type FieldNode, type GraphQLObjectType, getNamedType } from 'graphql'
import type { Totals } from '../execute/loads.ts'
import { chain, together } from '../execute/maybe.ts'
import { type PageArgs, type PageQuery, pageQuery } from '../resolve/page.ts'
import { aggregatePlan } from './aggregate.ts'
import { UNPLANNED } from './doubt.ts'
import { type Asked, askedOf, made, objectType } from './field.ts'
import { leafOf } from './leaf.ts'
import type { ListSource } from './level.ts'
import { constant, type Level, levelOf, objectOf, once, type Prepare, type Run } from './object.ts'
import type { Planning } from './planning.ts'
import { argumentsKey, fieldsOf, type Reads, readBelow } from './reads.ts'

/** The lists that a connection pages through, and what has been read of them. */
export interface Below {
  readonly lists: ListSource
  readonly done: Level['done']
}

/** The pages of all lists of one connection field. */
interface Pages {
  readonly query: PageQuery
  readonly source: ListSource
  readonly totals: readonly Totals[]
  /** All rows that are shown. */
  readonly level: Level
  /** By list: where its page begins and ends in the columns, and whether the list goes on beyond. */
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly more: readonly boolean[]
}

type Member = Prepare<Pages>

/** What the members of a connection need: rows, and numbers about the whole list. */
interface Wanted {
  readonly rows: Reads
  readonly totals: Reads
}

/** A page per list, each written by the place of its list. */
export function connectionPlan(
  planning: Planning,
  one: Asked,
  { to, relation }: { readonly to: string; readonly relation?: string },
  above: Reads,
): Prepare<Below> {
  const name = relation ?? to
  const wanted: Wanted = {
    rows: readBelow(above, `list ${name} ${argumentsKey(one.nodes)}`),
    totals: readBelow(above, `totals ${name} ${argumentsKey(one.nodes, ['where', 'search'])}`),
  }
  const type = objectType(planning.source, planning.names.entities[to]?.connection)
  const members = askedOf(planning.source, type, one.nodes).map(each =>
    typeof each === 'string' ? constant(each) : member(planning, to, each, wanted),
  )
  const pageOf = made(one, (args, { operation }) =>
    pageQuery(operation.services, { entity: to, args: args as PageArgs, ...(relation ? { relation } : {}) }),
  )
  return (run, below) => {
    const query = pageOf(run)
    run.operation.touch(query.reached)
    return chain(pagesOf(query, wanted, below), pages =>
      chain(together(members.map(each => () => each(run, pages))), objectOf),
    )
  }
}

function pagesOf(query: PageQuery, { rows, totals }: Wanted, { lists, done }: Below): MaybePromise<Pages> {
  const { entity, where, search } = query.query
  const fields = fieldsOf(rows, rows.cursors ? query.ordered : [])
  const measures = [...totals.measures.values()]
  const counted = { entity, where, ...(search === undefined ? {} : { search }), measures }
  const reads = together<Page | readonly Totals[]>([
    () =>
      rows.rows
        ? once({ done }, rows, () =>
            chain(lists.rows({ ...query.query, fields }), found => cut(query, found)),
          )
        : NO_PAGE,
    () => (measures.length ? once({ done }, totals, () => lists.totals(counted)) : []),
  ])
  return chain(reads, ([page, found]) => ({
    query,
    source: lists,
    ...(page as Page),
    totals: found as readonly Totals[],
  }))
}

type Page = Pick<Pages, 'level' | 'from' | 'to' | 'more'>

const NO_PAGE: Page = {
  level: levelOf({ fields: [], ids: [], values: [], keys: [] }),
  from: [],
  to: [],
  more: [],
}

/** One row more than asked tells whether a list goes on. */
function cut({ size, backward }: PageQuery, { columns, ends }: Lists): Page {
  const from: number[] = []
  const to: number[] = []
  const more: boolean[] = []
  const rows: number[] = []
  let begin = 0
  for (const end of ends) {
    const beyond = end - begin > size
    const first = beyond && backward ? begin + 1 : begin
    const last = beyond && !backward ? end - 1 : end
    for (let at = first; at < last; at++) rows.push(at)
    from.push(first)
    to.push(last)
    more.push(beyond)
    begin = end
  }
  return { level: levelOf(columns, rows), from, to, more }
}

function member(planning: Planning, to: string, one: Asked, wanted: Wanted): Member {
  const { binding, key, field, nodes } = one
  switch (binding.kind) {
    case 'nodes': {
      const rows = planRows(planning, to, nodes, wanted)
      return (run, pages) => chain(rows(run, pages), write => listOf(key, pages, write))
    }
    case 'edges':
      return edges(planning, to, one, wanted)
    case 'pageInfo':
      return pageInfo(planning, one, wanted)
    case 'totalCount': {
      const leaf = leafOf(field.type)
      wanted.totals.measures.set('count', { kind: 'count' })
      return (_, { totals }) =>
        list =>
          key + leaf(totals[list]?.count)
    }
    case 'aggregate': {
      const { measures, write } = aggregatePlan(planning.source, one)
      for (const measure of measures) wanted.totals.measures.set(measureKey(measure), measure)
      return (_, { totals }) =>
        list =>
          key + write(totals[list] ?? {})
    }
    default:
      throw UNPLANNED
  }
}

function planRows(planning: Planning, to: string, nodes: readonly FieldNode[], { rows }: Wanted): Member {
  const prepare = planning.rows(planning.catalog.entity(to), nodes, rows)
  return (run, { level }) => prepare(run, level)
}

/** The rows of a page, in brackets. */
function listOf(key: string, { from, to }: Pages, write: (at: number) => string): (list: number) => string {
  return list => {
    const begin = from[list] ?? 0
    const end = to[list] ?? 0
    let text = `${key}[`
    for (let at = begin; at < end; at++) text += at === begin ? write(at) : `,${write(at)}`
    return `${text}]`
  }
}

function edges(planning: Planning, to: string, { key, nodes }: Asked, wanted: Wanted): Member {
  wanted.rows.rows = true
  const type = objectType(planning.source, planning.names.entities[to]?.edge)
  const parts = askedOf(planning.source, type, nodes).map((each): Member => {
    if (typeof each === 'string') return constant(each)
    if (each.binding.kind === 'edgeNode') {
      const rows = planRows(planning, to, each.nodes, wanted)
      return (run, pages) => chain(rows(run, pages), write => at => each.key + write(at))
    }
    if (each.binding.kind !== 'edgeCursor') throw UNPLANNED
    wanted.rows.cursors = true
    const leaf = leafOf(each.field.type)
    return (_, pages) => {
      const cursor = cursors(pages)
      return at => each.key + leaf(cursor(at))
    }
  })
  return (run, pages) => chain(partsOf(parts, run, pages), writes => listOf(key, pages, objectOf(writes)))
}

function partsOf(parts: readonly Member[], run: Run, pages: Pages) {
  return together(parts.map(part => () => part(run, pages)))
}

/** The cursor of a position. */
function cursors({ query, level: { columns } }: Pages): (at: number) => string {
  if (columns.keys.length) return at => query.cursor(columns.keys.map(key => key[at] ?? null))
  const key: readonly (readonly Json[])[] = query.query.order.map(({ path: [name = 'id'] }) =>
    columnOf(columns, name),
  )
  return at => query.cursor(key.map(column => column[at] ?? null))
}

function pageInfo(planning: Planning, { key, field, nodes }: Asked, wanted: Wanted): Member {
  wanted.rows.rows = true
  const type = getNamedType(field.type) as GraphQLObjectType
  const parts = askedOf(planning.source, type, nodes).map((each): Member => {
    if (typeof each === 'string') return constant(each)
    if (each.binding.kind !== 'property') throw UNPLANNED
    const leaf = leafOf(each.field.type)
    const text = (value: unknown) => each.key + leaf(value)
    switch (each.binding.name) {
      case 'hasNextPage':
        return (_, pages) => chain(beyond(pages, 'ahead'), has => list => text(has(list)))
      case 'hasPreviousPage':
        return (_, pages) => chain(beyond(pages, 'behind'), has => list => text(has(list)))
      case 'startCursor':
      case 'endCursor': {
        wanted.rows.cursors = true
        const first = each.binding.name === 'startCursor'
        return (_, pages) => {
          const cursor = cursors(pages)
          return list => {
            const begin = pages.from[list] ?? 0
            const end = pages.to[list] ?? 0
            return text(begin === end ? null : cursor(first ? begin : end - 1))
          }
        }
      }
      default:
        throw UNPLANNED
    }
  })
  return (run, pages) =>
    chain(partsOf(parts, run, pages), writes => {
      const write = objectOf(writes)
      return list => key + write(list)
    })
}

/** Whether lists go on in a direction: within the page's own read, or on the other side of a cursor of the asker's. */
function beyond(
  { query, source, more }: Pages,
  direction: 'ahead' | 'behind',
): MaybePromise<(list: number) => boolean> {
  const known = (list: number) => more[list] === true && query.backward === (direction === 'behind')
  const peek = query[direction]
  if (!peek || more.every((_, list) => known(list))) return known
  return chain(
    source.rows({ ...peek, fields: [] }),
    ({ ends }) =>
      list =>
        known(list) || ends[list] !== (ends[list - 1] ?? 0),
  )
}

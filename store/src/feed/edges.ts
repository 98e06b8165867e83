import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { EdgeRelationIR } from '@zg/core/ir/ir'
import type { LogChunk, View } from '@zg/core/ports/storage'
import type { Row } from '@zg/core/query/query'
import { image, startsOf } from './images.ts'
import { holds, type Part } from './parts.ts'
import type { RowChange } from './step.ts'

/** A row, named. */
interface RowName {
  readonly entity: EntityView
  readonly id: string
}

/** What became of an edge: its state where it is to be held, null where it is gone. */
export interface EdgeChange extends Address {
  readonly instance: Instance | null
}

interface Edge extends Address {
  readonly relation: EdgeRelationIR
  readonly from: string
  readonly to: string
}

export interface EdgeQuestion {
  readonly catalog: Catalog
  readonly before: readonly Part[]
  readonly after: readonly Part[]
  /** Null: nothing happened, only more was loaded. */
  readonly chunk: LogChunk | null
  /** The position after it. */
  readonly at: number
  /** What became of rows, held or not, by id. */
  readonly rows: ReadonlyMap<string, RowChange>
  readonly view: Pick<View, 'instances' | 'edges'>
}

/**
 * What became of the edges that are held: those that were touched, those of rows that came, and those whose far end was
 * born or died. Not named are edges that a row takes along as it goes.
 */
export async function edgeChanges(question: EdgeQuestion): Promise<readonly EdgeChange[]> {
  const { catalog, before, after, chunk, at, rows, view } = question
  const watched = new Set([...before, ...after].map(({ shape }) => shape.entity))
  const edges = (await concerned(question)).filter(
    ({ relation }) => watched.has(relation.from) || watched.has(relation.to),
  )
  if (!edges.length) return []
  const touched = chunk?.images ?? new Map<string, Instance>()
  const starts = chunk ? startsOf(chunk) : touched
  const untouched = edges.filter(edge => !touched.has(addressKey(edge)))
  const loaded = await view.instances(untouched, at)
  const others = new Map(untouched.map((edge, i) => [addressKey(edge), loaded[i] ?? NOTHING]))
  const ends = await endsAt(catalog, view, at, edges, rows)
  const held = (edge: Edge, instance: Instance, side: 'from' | 'to') => {
    const parts = side === 'from' ? before : after
    const [a, b] = [ends.get(edge.from)?.[side] ?? null, ends.get(edge.to)?.[side] ?? null]
    const shown = visible(instance) && a !== null && b !== null
    const own = [holds(parts, edge.relation.from, a), holds(parts, edge.relation.to, b)] as const
    return { shown, own, any: own[0] || own[1] }
  }
  return edges.flatMap((edge): readonly EdgeChange[] => {
    const { entity, key } = edge
    const name = addressKey(edge)
    const now = touched.get(name) ?? others.get(name) ?? NOTHING
    const was = held(edge, touched.has(name) ? (starts.get(name) ?? NOTHING) : now, 'from')
    const is = held(edge, now, 'to')
    if (is.shown && is.any) {
      const known = was.shown && was.any && !touched.has(name)
      return known ? [] : [{ entity, key, instance: now }]
    }
    const taken = [edge.from, edge.to].some((id, i) => was.own[i] && !ends.get(id)?.to)
    return was.shown && was.any && !is.shown && is.any && !taken ? [{ entity, key, instance: null }] : []
  })
}

/** Each once. */
async function concerned({ catalog, chunk, at, rows, view }: EdgeQuestion): Promise<readonly Edge[]> {
  const came: RowName[] = []
  const went: RowName[] = []
  for (const row of rows.values()) {
    if ((row.is && !row.was) || (row.from === null && row.to !== null)) came.push(row)
    // One that was held takes its edges along.
    else if (row.to === null && !row.was) went.push(row)
  }
  const found = [
    ...(chunk ? edgesIn(catalog, chunk) : []),
    ...(await edgesAt(catalog, view, at, came)),
    ...(await edgesAt(catalog, view, at - (chunk?.entries.length ?? 0), went)),
  ]
  return [...new Map(found.map(edge => [addressKey(edge), edge])).values()]
}

function edgesIn(catalog: Catalog, { entries }: LogChunk): readonly Edge[] {
  const found: Edge[] = []
  for (const { change } of entries) {
    const edge = edgeOf(catalog, change)
    if (edge) found.push(edge)
  }
  return found
}

/** Edges with a live tag at a position that have one of these rows at an end. One question per end of a relation. */
async function edgesAt(
  catalog: Catalog,
  view: Pick<View, 'instances' | 'edges'>,
  at: number,
  rows: readonly RowName[],
): Promise<readonly Edge[]> {
  if (!rows.length) return []
  const found = new Map<string, Edge>()
  for (const { number, ...relation } of catalog.model.relations) {
    for (const end of ['from', 'to'] as const) {
      const ids = rows.filter(({ entity }) => entity.name === relation[end]).map(({ id }) => id)
      if (!ids.length) continue
      for (const key of await view.edges(number, end, ids, at)) {
        const edge = edgeOf(catalog, { entity: number, key })
        if (edge) found.set(addressKey(edge), edge)
      }
    }
  }
  return [...found.values()]
}

function edgeOf(catalog: Catalog, { entity, key }: Address): Edge | null {
  const relation = catalog.relationByNumber(entity)
  const ends = relation ? parseEdgeKey(key) : null
  return relation && ends ? { entity, key, relation, ...ends } : null
}

interface Sides {
  readonly from: Row | null
  readonly to: Row | null
}

/** The rows at both ends of edges, before and after; those that the chunk did not touch are the same. */
async function endsAt(
  catalog: Catalog,
  view: Pick<View, 'instances' | 'edges'>,
  at: number,
  edges: readonly Edge[],
  moved: ReadonlyMap<string, Sides>,
): Promise<ReadonlyMap<string, Sides>> {
  const asked = new Map<string, RowName>()
  for (const { relation, from, to } of edges) {
    if (!moved.has(from)) asked.set(from, { entity: catalog.entity(relation.from), id: from })
    if (!moved.has(to)) asked.set(to, { entity: catalog.entity(relation.to), id: to })
  }
  const names = [...asked.values()]
  const addresses = names.map(({ entity, id }) => ({ entity: entity.ir.number, key: id }))
  const instances = await view.instances(addresses, at)
  const still = names.map(({ entity, id }, i): [string, Sides] => {
    const row = image(entity, id, instances[i])
    return [id, { from: row, to: row }]
  })
  return new Map([...moved, ...still])
}

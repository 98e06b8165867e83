import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { EdgeRelationIR } from '@zg/core/ir/ir'
import type { LogChunk, View } from '@zg/core/ports/storage'
import type { Row } from '@zg/core/query/query'
import type { Holding } from './holding.ts'
import { image, startsOf, type Transition } from './images.ts'

/** A row, named. */
export interface RowName {
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

/** The edges that can be seen of rows that came, at a position: all of them, whatever is held at their other ends. */
export async function edgesOfRows(
  catalog: Catalog,
  view: View,
  at: number,
  rows: readonly RowName[],
): Promise<readonly EdgeChange[]> {
  const edges = await edgesAt(catalog, view, at, rows)
  const states = await view.instances(edges, at)
  const ends = await endsAt(catalog, view, at, edges, new Map())
  return edges.flatMap(({ entity, key, from, to }, i) => {
    const there = ends.get(from)?.to && ends.get(to)?.to
    return there ? [{ entity, key, instance: states[i] ?? NOTHING }] : []
  })
}

export interface EdgeQuestion {
  readonly catalog: Catalog
  readonly holding: Holding
  readonly chunk: LogChunk
  /** What the chunk did to rows, by id. */
  readonly rows: ReadonlyMap<string, Transition>
  readonly view: View
}

/**
 * What a chunk did to the edges that are held: those it touched, those of rows that came or went, and those whose
 * far end was born or died. Not named are edges that a row takes along as it goes.
 */
export async function edgeChanges(question: EdgeQuestion): Promise<readonly EdgeChange[]> {
  const { catalog, holding, chunk, rows, view } = question
  const starts = startsOf(chunk)
  const edges = (await concerned(question)).filter(
    ({ relation }) => holding.watches(relation.from) || holding.watches(relation.to),
  )
  const untouched = edges.filter(edge => !chunk.images.has(addressKey(edge)))
  const loaded = await view.instances(untouched, chunk.seq)
  const others = new Map(untouched.map((edge, i) => [addressKey(edge), loaded[i] ?? NOTHING]))
  const ends = await endsAt(catalog, view, chunk.seq, edges, rows)
  const held = (edge: Edge, instance: Instance, side: 'from' | 'to') => {
    const [a, b] = [ends.get(edge.from)?.[side] ?? null, ends.get(edge.to)?.[side] ?? null]
    const shown = visible(instance) && a !== null && b !== null
    const holds = [holding.holds(edge.relation.from, a), holding.holds(edge.relation.to, b)] as const
    return { shown, holds, any: holds[0] || holds[1] }
  }
  return edges.flatMap((edge): readonly EdgeChange[] => {
    const { entity, key } = edge
    const name = addressKey(edge)
    const now = chunk.images.get(name) ?? others.get(name) ?? NOTHING
    const was = held(edge, starts.get(name) ?? now, 'from')
    const is = held(edge, now, 'to')
    if (is.shown && is.any) {
      const known = was.shown && was.any && starts.get(name) === undefined
      return known ? [] : [{ entity, key, instance: now }]
    }
    const taken = [edge.from, edge.to].some((id, i) => was.holds[i] && !ends.get(id)?.to)
    return was.shown && was.any && !is.shown && is.any && !taken ? [{ entity, key, instance: null }] : []
  })
}

/** Each once. */
async function concerned({ catalog, holding, chunk, rows, view }: EdgeQuestion): Promise<readonly Edge[]> {
  const start = chunk.seq - chunk.entries.length
  const came: RowName[] = []
  const went: RowName[] = []
  for (const { entity, id, from, to } of rows.values()) {
    const name = { entity: catalog.entity(entity), id }
    const [was, is] = [holding.holds(entity, from), holding.holds(entity, to)]
    if ((is && !was) || (from === null && to !== null)) came.push(name)
    // One that was held takes its edges along.
    else if (from !== null && to === null && !was) went.push(name)
  }
  const found = [
    ...chunk.entries.flatMap(({ change }) => edgeOf(catalog, change) ?? []),
    ...(await edgesAt(catalog, view, chunk.seq, came)),
    ...(await edgesAt(catalog, view, start, went)),
  ]
  return [...new Map(found.map(edge => [addressKey(edge), edge])).values()]
}

/** Edges with a live tag at a position that have one of these rows at an end. One question per end of a relation. */
async function edgesAt(
  catalog: Catalog,
  view: View,
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
  view: View,
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

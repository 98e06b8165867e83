import { expect } from 'vitest'
import { edgeKey, parseEdgeKey } from '../change/id.ts'
import type { Instance } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import { cellValue } from '../change/value.ts'
import type { EntityView } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import { predicate } from '../query/evaluate.ts'
import { type Fixture, lookupOf } from '../query/films.suite.ts'
import type { Row } from '../query/query.ts'
import { compareText } from '../query/scalar.ts'
import type { Loaded, ReplicaBatch, Shape } from './feed.ts'
import { type Desk, films, type PortsUnderTest } from './ports.suite.ts'
import type { Position } from './position.ts'

/** Who holds what a feed told. */
export interface Holder {
  /** Rows and edges, by `<entity number>/<key>`. */
  readonly state: ReadonlyMap<string, Row | 'edge'>
  position: Position
  loaded: readonly Loaded[]
  apply(batch: ReplicaBatch): void
}

const TAGS = films.relation('Film.tags')

/** A replica as the contract of `Feed.replicate` describes it, and no more than that. */
export function holder(start: Position, shapes: number): Holder {
  const state = new Map<string, Row | 'edge'>()
  const edgesOf = (id: string) =>
    [...state.keys()].filter(key => {
      const ends = key.startsWith(`${TAGS.number}/`) && parseEdgeKey(key.slice(key.indexOf('/') + 1))
      return ends && (ends.from === id || ends.to === id)
    })
  const rowIds = () => new Set([...state.values()].flatMap(one => (one === 'edge' ? [] : [one.id])))
  const self: Holder = {
    state,
    position: start,
    loaded: Array.from({ length: shapes }, () => ({ kind: 'nothing' })),
    apply: batch => {
      if (batch.kind === 'reset') {
        state.clear()
        self.position = batch.position
        self.loaded = self.loaded.map(() => ({ kind: 'nothing' }))
        return
      }
      expect(new Set(batch.events.map(({ entity, key }) => `${entity}/${key}`)).size).toBe(
        batch.events.length,
      )
      const gone: string[] = []
      for (const event of batch.events) {
        const name = `${event.entity}/${event.key}`
        const entity = films.entityByNumber(event.entity)
        if (event.kind === 'upsert') {
          expect(visible(event.instance)).toBe(true)
          state.set(name, entity ? rowOf(entity, event.key, event.instance) : 'edge')
          continue
        }
        // Nobody is told of the end of what was never held.
        expect(state.has(name)).toBe(true)
        state.delete(name)
        if (entity) gone.push(event.key)
        if (entity && event.kind === 'delete') for (const edge of edgesOf(event.key)) state.delete(edge)
      }
      const held = rowIds()
      for (const edge of gone.flatMap(edgesOf)) {
        const ends = parseEdgeKey(edge.slice(edge.indexOf('/') + 1))
        if (ends && !held.has(ends.from) && !held.has(ends.to)) state.delete(edge)
      }
      self.position = batch.position
      self.loaded = batch.loaded
    },
  }
  return self
}

/** What an instance says. */
function rowOf({ ir }: EntityView, id: string, { cells }: Instance): Row {
  const row: { id: string; [field: string]: Json } = { id }
  const blank: { readonly [kind: string]: Json } = { counter: '0', set: [], json: {} }
  for (const { name, number, crdt, optional, default: value = null } of ir.fields) {
    const cell = cells[number]
    row[name] = cell ? cellValue(cell) : (blank[crdt] ?? (optional ? null : value))
  }
  return row
}

/** What is to be held of a state: the rows of all shapes, and the edges of those. */
export function expected(
  shapes: readonly Shape[],
  loaded: readonly Loaded[],
  world: Fixture,
): ReadonlyMap<string, Row | 'edge'> {
  const held = new Map<string, Row | 'edge'>()
  const lookup = lookupOf(world)
  shapes.forEach(({ entity, where }, i) => {
    const holds = predicate(films, entity, where)
    const far = loaded[i] ?? { kind: 'nothing' }
    for (const row of world.rows[entity] ?? []) {
      const covered = far.kind === 'whole' || (far.kind === 'upTo' && compareText(row.id, far.id) <= 0)
      if (covered && holds(row, lookup)) held.set(`${films.entity(entity).ir.number}/${row.id}`, row)
    }
  })
  const ids = new Set([...held.values()].flatMap(one => (one === 'edge' ? [] : [one.id])))
  for (const [from, to] of world.edges[TAGS.name] ?? []) {
    if (ids.has(from) || ids.has(to)) held.set(`${TAGS.number}/${edgeKey(from, to)}`, 'edge')
  }
  return held
}

/** All visible rows and edges, as readers see them. */
export async function worldOf({ reader }: PortsUnderTest, { scope }: Desk): Promise<Fixture> {
  const snapshot = reader.open(scope)
  const order = [{ path: ['id'], direction: 'asc' }] as const
  try {
    const rows: Record<string, readonly Row[]> = {}
    for (const { name, fields } of films.entities) {
      rows[name] = (await snapshot.pages({ entity: name, fields: [...fields.keys()], order }))[0] ?? []
    }
    const ids = (rows.Film ?? []).map(({ id }) => id)
    const under = { entity: 'Film', relation: 'tags', ids }
    const tags = await snapshot.pages({ entity: 'Tag', fields: [], order, under })
    const edges = ids.flatMap((from, i) => (tags[i] ?? []).map(({ id }) => [from, id] as const))
    return { rows, edges: { [TAGS.name]: edges } }
  } finally {
    await snapshot.close()
  }
}

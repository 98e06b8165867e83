import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import { edgeKey, parseEdgeKey } from '../change/id.ts'
import type { Instance } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import { cellValue } from '../change/value.ts'
import type { EntityView } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import { predicate } from '../query/evaluate.ts'
import { type Fixture, lookupOf } from '../query/expression.suite.ts'
import { type Expression, TRUE } from '../query/expression.ts'
import type { Row } from '../query/query.ts'
import { compareText } from '../query/scalar.ts'
import type { Loaded, ReplicaBatch, Shape } from './feed.ts'
import { histories } from './history.suite.ts'
import {
  add,
  type Desk,
  desk,
  drop,
  film,
  films,
  type PortsUnderTest,
  person,
  set,
  tag,
  update,
} from './ports.suite.ts'
import type { Position } from './position.ts'

/** Who holds what a feed told. */
interface Holder {
  /** Rows and edges, by `<entity number>/<key>`. */
  readonly state: ReadonlyMap<string, Row | 'edge'>
  position: Position
  loaded: readonly Loaded[]
  apply(batch: ReplicaBatch): void
}

const TAGS = films.relation('Film.tags')

/** A replica as the contract of `Feed.replicate` describes it, and no more than that. */
function holder(start: Position, shapes: number): Holder {
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
      if (batch.kind === 'reset') throw new Error(`Nobody expected a reset: ${batch.reason}`)
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
  const blank: { readonly [kind: string]: Json } = { counter: '0', set: [] }
  for (const { name, number, crdt, optional, default: value = null } of ir.fields) {
    const cell = cells[number]
    row[name] = cell ? cellValue(cell) : (blank[crdt] ?? (optional ? null : value))
  }
  return row
}

/** What is to be held of a state: the rows of all shapes, and the edges of those. */
function expected(
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
async function worldOf({ reader }: PortsUnderTest, { scope }: Desk): Promise<Fixture> {
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

const eq = (path: readonly string[], value: string | number): Expression => ({
  kind: 'eq',
  left: { kind: 'path', path },
  right: { kind: 'value', value },
})

const SHAPES: readonly Shape[] = [
  { entity: 'Film', where: TRUE },
  { entity: 'Film', where: eq(['year'], 1) },
  { entity: 'Film', where: eq(['director'], 'person_p') },
  { entity: 'Tag', where: eq(['name'], 'one') },
  { entity: 'Tag', where: TRUE },
  { entity: 'Review', where: eq(['stars'], 2) },
]

/** What Feed.replicate brings, whatever is written: `runs` histories. */
export function replicaSuite(name: string, ports: () => PortsUnderTest, runs: number): void {
  const startOf = async (at: Desk): Promise<Position> => (await at.apply(tag('start'))).position

  /** Follows one replica; `pull` takes batches until it stands at a position with all shapes whole. */
  const following = (at: Desk, shapes: readonly Shape[], replica: Holder, since = true) => {
    const end = new AbortController()
    const { position, loaded } = replica
    const batches = ports()
      .feed.replicate({
        scope: at.scope,
        shapes,
        signal: end.signal,
        ...(since ? { since: { position, loaded } } : {}),
      })
      [Symbol.asyncIterator]()
    const next = async (): Promise<ReplicaBatch> => {
      const { value } = await batches.next()
      if (!value) throw new Error('The feed ended')
      replica.apply(value)
      return value
    }
    return { next, stop: () => end.abort() }
  }

  describe(`${name}: replicate`, () => {
    test('rows come in pages, edges with them, and then what happens', async () => {
      const at = desk(ports())
      await at.apply(tag('x'), tag('y'), ...['a', 'b', 'c'].map(id => film(id)))
      await at.apply(update('Film', 'film_a', { tags: add('tag_x') }))
      const { position } = await at.apply(update('Film', 'film_b', { year: set(1) }))
      const shapes = [{ entity: 'Film', where: TRUE }]
      const replica = holder(position, 1)
      const { next, stop } = following(at, shapes, replica, false)
      while (replica.loaded[0]?.kind !== 'whole') await next()
      expect([...replica.state.keys()].sort()).toEqual(['1/film_a', '1/film_b', '1/film_c', '6/film_a|tag_x'])
      await at.apply(update('Film', 'film_b', { tags: add('tag_y') }))
      expect((await next()).position).not.toEqual(position)
      expect(replica.state.has('6/film_b|tag_y')).toBe(true)
      await at.apply(update('Film', 'film_b', { tags: drop('tag_y') }))
      await next()
      expect(replica.state.has('6/film_b|tag_y')).toBe(false)
      stop()
    })

    test('a row in two shapes leaves with the last of them', async () => {
      const at = desk(ports())
      await at.apply(person('p'), film('a', { year: set(1), director: set('person_p') }))
      const replica = holder(await startOf(at), 2)
      const shapes = [
        { entity: 'Film', where: eq(['year'], 1) },
        { entity: 'Film', where: eq(['director'], 'person_p') },
      ]
      const { next, stop } = following(at, shapes, replica, false)
      while (replica.loaded.some(({ kind }) => kind !== 'whole')) await next()
      const kinds = async (...acts: Act[]) => {
        await at.apply(...acts)
        const batch = await next()
        return batch.kind === 'events' ? batch.events.map(({ kind, key }) => `${kind} ${key}`) : []
      }
      expect(await kinds(update('Film', 'film_a', { year: set(2) }))).toEqual(['upsert film_a'])
      expect(await kinds(update('Film', 'film_a', { director: set(null) }))).toEqual(['evict film_a'])
      expect(await kinds(update('Film', 'film_a', { title: set('unseen') }))).toEqual([])
      stop()
    })

    test('any history, any shapes, stopped anywhere: what is held is what the shapes hold at that position', async () => {
      await fc.assert(
        fc.asyncProperty(
          histories,
          fc.subarray([...SHAPES], { minLength: 1, maxLength: 4 }),
          fc.array(fc.record({ pulls: fc.nat(3), again: fc.nat(4) }), {
            minLength: 8,
            maxLength: 8,
            size: 'max',
          }),
          async (history, shapes, rhythm) => {
            const at = desk(ports())
            const worlds = new Map<number, Fixture>()
            const note = async (position: Position) => {
              const seq = position.seqs[at.scope.tenant] ?? 0
              if (!worlds.has(seq)) worlds.set(seq, await worldOf(ports(), at))
              return seq
            }
            let head = await note(await startOf(at))
            const start = { log: (await at.commit()).position.log, seqs: { [at.scope.tenant]: head } }
            const replica = holder(start, shapes.length)
            let stream = following(at, shapes, replica, false)
            const seqOf = () => replica.position.seqs[at.scope.tenant] ?? 0
            const behind = () => seqOf() < head || replica.loaded.some(({ kind }) => kind !== 'whole')
            const pull = async () => {
              await stream.next()
              const world = worlds.get(seqOf())
              if (!world) throw new Error(`${seqOf()} is no end of a mutation`)
              expect(replica.state).toEqual(expected(shapes, replica.loaded, world))
            }
            for (const [i, acts] of history.entries()) {
              head = await note((await at.commit(...acts)).position)
              const { pulls, again } = rhythm[i % rhythm.length] ?? { pulls: 1, again: 1 }
              for (let n = 0; n < pulls && behind(); n++) await pull()
              if (again > 0) continue
              stream.stop()
              stream = following(at, shapes, replica)
            }
            while (behind()) await pull()
            stream.stop()
          },
        ),
        { numRuns: runs },
      )
    })
  })
}

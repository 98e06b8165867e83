import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import type { ProblemError } from '../problem.ts'
import { predicate } from '../query/evaluate.ts'
import { type Expression, TRUE } from '../query/expression.ts'
import { type Fixture, lookupOf } from '../query/films.suite.ts'
import type { Row } from '../query/query.ts'
import { type FeedBatch, type ReplicaBatch, type Shape, type Since, START } from './feed.ts'
import { histories } from './history.suite.ts'
import { expected, type Holder, holder, worldOf } from './holder.suite.ts'
import {
  add,
  create,
  type Desk,
  desk,
  drop,
  film,
  films,
  type PortsUnderTest,
  person,
  remove,
  review,
  set,
  tag,
  update,
} from './ports.suite.ts'
import type { Position } from './position.ts'

const eq = (path: readonly string[], value: string | number): Expression => ({
  kind: 'eq',
  left: { kind: 'path', path },
  right: { kind: 'value', value },
})

function some(path: readonly string[], where: Expression): Expression {
  return { kind: 'some', path, where }
}
function none(path: readonly string[], where: Expression): Expression {
  return { kind: 'none', path, where }
}

const SHAPES: readonly Shape[] = [
  { entity: 'Film', where: TRUE },
  { entity: 'Film', where: eq(['year'], 1) },
  { entity: 'Film', where: eq(['director'], 'person_p') },
  { entity: 'Tag', where: eq(['name'], 'one') },
  { entity: 'Tag', where: TRUE },
  { entity: 'Review', where: eq(['stars'], 2) },
  { entity: 'Film', where: eq(['director', 'name'], 'one') },
  { entity: 'Film', where: some(['tags'], eq(['name'], 'one')) },
  { entity: 'Film', where: none(['tags'], eq(['name'], 'one')) },
  {
    entity: 'Film',
    where: { kind: 'or', of: [some(['reviews'], eq(['stars'], 2)), eq(['poster', 'url'], 'two')] },
  },
  { entity: 'Tag', where: some(['films'], some(['reviews'], eq(['stars'], 1))) },
  { entity: 'Review', where: some(['film', 'tags'], some(['films'], eq(['director', 'name'], 'two'))) },
  { entity: 'Person', where: none(['directed'], some(['tags'], eq(['name'], 'two'))) },
  { entity: 'Poster', where: { kind: 'isNull', left: { kind: 'path', path: ['film', 'director', 'name'] } } },
]

/** How often batches are taken after each mutation, and when the stream is cut and resumed. */
const rhythms = fc.array(fc.record({ pulls: fc.nat(3), again: fc.nat(4) }), {
  minLength: 8,
  maxLength: 8,
  size: 'max',
})

/**
 * What Feed.replicate and Feed.follow bring, whatever is written: `runs` histories. `cap`: how many ids a shape across relations may
 * hold, where that is small enough to be tried.
 */
export function replicaSuite(name: string, ports: () => PortsUnderTest, runs: number, cap = 0): void {
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
      let steps = 0
      let resets = 0
      await fc.assert(
        fc.asyncProperty(
          histories,
          fc.subarray([...SHAPES], { minLength: 1, maxLength: 4 }),
          rhythms,
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
              const batch = await stream.next()
              if (batch.kind === 'reset') {
                resets++
                stream = following(at, shapes, replica, false)
                return
              }
              steps++
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
      // Most of the way is followed, not begun anew. A few histories may be of the other kind.
      if (steps >= 200) expect(resets).toBeLessThan(steps / 4)
    }, 120_000)

    test('any history: what a follower holds is what the query says at that position, from START or resumed', async () => {
      await fc.assert(
        fc.asyncProperty(histories, fc.constantFrom(...SHAPES), rhythms, async (history, shape, rhythm) => {
          const at = desk(ports())
          const seqOf = (position: Position) => position.seqs[at.scope.tenant] ?? 0
          const worlds = new Map<number, Fixture>()
          const note = async (position: Position) => {
            if (!worlds.has(seqOf(position))) worlds.set(seqOf(position), await worldOf(ports(), at))
            return seqOf(position)
          }
          let head = await note(await startOf(at))
          const held = new Map<string, Row>()
          let since: Position | typeof START = START
          const open = () => {
            const end = new AbortController()
            const request = { scope: at.scope, shape, since, signal: end.signal }
            if (since === START) held.clear()
            const batches = ports().feed.follow(request)[Symbol.asyncIterator]()
            return { batches, stop: () => end.abort() }
          }
          let stream = open()
          const behind = () => since === START || seqOf(since) < head
          const pull = async () => {
            const { value: batch } = await stream.batches.next()
            if (!batch) throw new Error('The feed ended')
            for (const event of batch.events) {
              if (event.kind === 'upsert') held.set(event.id, event.row)
              // Nobody is told of the end of what was never held.
              else expect(held.delete(event.id)).toBe(true)
            }
            since = batch.again ? START : batch.position
            if (batch.again && batch.again !== 'LOADING') stream = open()
            if (batch.again) return
            const world = worlds.get(seqOf(batch.position))
            if (!world) throw new Error(`${seqOf(batch.position)} is no end of a mutation`)
            const matches = predicate(films, shape.entity, shape.where)
            const rows = (world.rows[shape.entity] ?? []).filter(row => matches(row, lookupOf(world)))
            expect(held).toEqual(new Map(rows.map(row => [row.id, row])))
          }
          for (const [i, acts] of history.entries()) {
            head = await note((await at.commit(...acts)).position)
            const { pulls, again } = rhythm[i % rhythm.length] ?? { pulls: 1, again: 1 }
            for (let n = 0; n < pulls && behind(); n++) await pull()
            if (again > 0) continue
            stream.stop()
            stream = open()
          }
          while (behind()) await pull()
          stream.stop()
        }),
        { numRuns: runs },
      )
    }, 120_000)

    const tagged = { entity: 'Film', where: some(['tags'], eq(['name'], 'one')) }
    const started = async () => {
      const at = desk(ports())
      await at.apply(
        create('Tag', 'tag_x', { name: set('one') }),
        tag('y'),
        film('a', { tags: add('tag_x') }),
        film('b'),
      )
      const { position } = await at.commit()
      return { at, position }
    }
    const followed = (at: Desk, since?: Position | typeof START, shape: Shape = tagged) => {
      const end = new AbortController()
      const request = { scope: at.scope, shape, signal: end.signal, ...(since ? { since } : {}) }
      const batches = ports().feed.follow(request)[Symbol.asyncIterator]()
      const next = async () => {
        const { value } = (await batches.next()) as IteratorResult<FeedBatch, undefined>
        return { again: value?.again, told: (value?.events ?? []).map(({ kind, id }) => `${kind} ${id}`) }
      }
      return { next, done: async () => (await batches.next()).done, stop: () => end.abort() }
    }

    test('a related row that changes, an edge that is cut, let rows in and out', async () => {
      const { at } = await started()
      const { next, stop } = followed(at, START)
      expect((await next()).told).toEqual(['upsert film_a'])
      const told = async (...acts: Act[]) => {
        await at.apply(...acts)
        return (await next()).told
      }
      expect(await told(update('Tag', 'tag_x', { name: set('two') }))).toEqual(['evict film_a'])
      expect(await told(update('Film', 'film_b', { tags: add('tag_x', 'tag_y') }))).toEqual([])
      expect((await told(update('Tag', 'tag_x', { name: set('one') }))).sort()).toEqual([
        'upsert film_a',
        'upsert film_b',
      ])
      expect(await told(update('Film', 'film_b', { tags: drop('tag_y') }))).toEqual([])
      expect(await told(update('Film', 'film_a', { tags: drop('tag_x') }))).toEqual(['evict film_a'])
      expect(await told(remove('Tag', 'tag_x'))).toEqual(['evict film_b'])
      stop()
    })

    test('a child that moves to another row changes what holds for both', async () => {
      const { at } = await started()
      await at.apply(review('r', 'film_a'))
      const shape = { entity: 'Film', where: some(['reviews'], eq(['stars'], 4)) }
      const { next, stop } = followed(at, START, shape)
      expect((await next()).told).toEqual(['upsert film_a'])
      await at.apply(update('Review', 'review_r', { film: set('film_b') }))
      expect((await next()).told.sort()).toEqual(['evict film_a', 'upsert film_b'])
      await at.apply(remove('Review', 'review_r'))
      expect((await next()).told).toEqual(['evict film_b'])
      stop()
    })

    test.skipIf(!cap)(
      'a shape that becomes too large is reset, one that is too large is refused',
      async () => {
        const { at } = await started()
        const { next, done } = followed(at, START)
        await next()
        for (let n = 0; n < cap; n++) await at.apply(film(`more${n}`, { tags: add('tag_x') }))
        let last = await next()
        while (!last.again) last = await next()
        expect([last.again, await done()]).toEqual(['TOO_LARGE', true])
        const refused = await followed(at, START)
          .next()
          .catch((error: ProblemError) => error.problems.map(({ code }) => code))
        expect(refused).toEqual(['SHAPE_TOO_LARGE'])
      },
    )

    test('a replica is refused a position of another log, and shapes that cannot be followed', async () => {
      const { at, position } = await started()
      const end = new AbortController()
      const code = async (shape: Shape, since?: Since) => {
        const request = { scope: at.scope, shapes: [shape], signal: end.signal, ...(since ? { since } : {}) }
        const batches = ports().feed.replicate(request)[Symbol.asyncIterator]()
        return batches.next().then(
          () => 'accepted',
          (error: ProblemError) => error.problems[0]?.code,
        )
      }
      const whole: Since = { position, loaded: [{ kind: 'whole' }] }
      expect(await code(tagged, { ...whole, position: { ...position, log: 'another' } })).toBe('BAD_CURSOR')
      expect(await code({ entity: 'Nothing', where: TRUE })).toBe('UNKNOWN_ENTITY')
      expect(await code({ entity: 'Film', where: eq(['nothing'], 1) })).toBe('UNKNOWN_FIELD')
      end.abort()
    })

    test('resumed across a change of what it looks at it is reset, across any other it goes on', async () => {
      const { at, position } = await started()
      const made = film('c', { tags: add('tag_x') })
      await at.apply(update('Film', 'film_a', { title: set('other') }), film('d'), person('p'))
      const calm = await followed(at, position).next()
      expect([calm.told, calm.again]).toEqual([['upsert film_a'], undefined])
      await at.apply(made)
      const end = followed(at, position)
      const reset = await end.next()
      expect([reset.told, reset.again, await end.done()]).toEqual([[], 'GAP', true])
      const anew = await followed(at, START).next()
      expect(anew.told).toEqual(['upsert film_a', 'upsert film_c'])
    })
  })
}

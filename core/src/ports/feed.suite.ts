import { describe, expect, test } from 'vitest'
import { type Expression, TRUE } from '../query/expression.ts'
import type { FeedBatch, FeedEvent } from './feed.ts'
import {
  add,
  type Desk,
  desk,
  film,
  increment,
  type PortsUnderTest,
  person,
  remove,
  review,
  set,
  tag,
  update,
} from './ports.suite.ts'
import type { Position } from './position.ts'

const named = (events: readonly FeedEvent[]): string[] => events.map(({ kind, id }) => `${kind} ${id}`)
const eq = (field: string, value: string | number): Expression => ({
  kind: 'eq',
  left: { kind: 'path', path: [field] },
  right: { kind: 'value', value },
})

/** What every Feed does with what its Writer commits. */
export function feedSuite(name: string, ports: () => PortsUnderTest): void {
  /** Follows until `done`, in the background; `batches` resolves then. */
  const follow = (
    { scope }: Desk,
    since: Position | undefined,
    where: Expression,
    done: (batch: FeedBatch) => boolean,
  ): { batches: Promise<readonly FeedBatch[]>; stop(): void } => {
    const end = new AbortController()
    const request = {
      scope,
      shape: { entity: 'Film', where },
      signal: end.signal,
      ...(since ? { since } : {}),
    }
    const collect = async (): Promise<readonly FeedBatch[]> => {
      const batches: FeedBatch[] = []
      for await (const batch of ports().feed.follow(request)) {
        batches.push(batch)
        if (done(batch)) break
      }
      return batches
    }
    return { batches: collect(), stop: () => end.abort() }
  }
  const through = (last: Position, tenant: string) => (batch: FeedBatch) =>
    (batch.position.seqs[tenant] ?? 0) >= (last.seqs[tenant] ?? 0)
  /** All events between two positions. */
  const between = async (at: Desk, since: Position, until: Position, where: Expression = TRUE) => {
    const { batches } = follow(at, since, where, through(until, at.scope.tenant))
    return (await batches).flatMap(({ events }) => events)
  }
  const startOf = async (at: Desk): Promise<Position> => (await at.apply(tag(`start`))).position

  describe(`${name}: feed`, () => {
    test('creations, updates and deletions arrive with their rows', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      await at.apply(film('a', { year: set(1999) }), film('b'))
      const middle = await at.apply(update('Film', 'film_a', { likes: increment('2') }))
      const events = await between(at, start, middle.position)
      expect(
        new Map(events.map(event => [event.id, event.kind === 'upsert' ? event.row : null])).get('film_a'),
      ).toMatchObject({
        title: 'Film a',
        year: 1999,
        likes: '2',
      })
      const end = await at.apply(remove('Film', 'film_b'))
      expect(named(await between(at, middle.position, end.position))).toEqual(['delete film_b'])
    })

    test('it says where it begins, and goes no further with a batch than it is told', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const positions = [start]
      for (const id of ['a', 'b', 'c']) positions.push((await at.apply(film(id))).position)
      const { tenant } = at.scope
      const begun: Position[] = []
      const told: string[] = []
      const end = new AbortController()
      const request = {
        scope: at.scope,
        shape: { entity: 'Film', where: TRUE },
        signal: end.signal,
        since: start,
        began: (position: Position) => void begun.push(position),
        // The ends of the first and third film's mutations; then whatever there is.
        until: () => positions[[1, 3][told.length] ?? 0] ?? null,
      }
      for await (const { events, position } of ports().feed.follow(request)) {
        told.push(`${named(events)}`)
        if (told.length === 1) expect(position).toEqual(positions[1])
        if (told.length > 2) break
        // Behind what it was told it waits for what comes.
        if (position.seqs[tenant] === positions[3]?.seqs[tenant]) await at.apply(film('d'))
      }
      end.abort()
      expect(begun).toEqual([start])
      expect(told).toEqual(['upsert film_a', 'upsert film_b,upsert film_c', 'upsert film_d'])
      const nobody = new AbortController()
      const fresh = ports().feed.follow({
        ...request,
        since: undefined,
        until: () => null,
        signal: nobody.signal,
        began: position => {
          begun.push(position)
          nobody.abort()
        },
      })
      for await (const _ of fresh) break
      expect(begun).toHaveLength(2)
    })

    test('a follower gets what is committed while it waits', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      let seen = 0
      const { batches } = follow(at, start, TRUE, ({ events }) => {
        seen += events.length
        return seen >= 20
      })
      for (let i = 0; i < 20; i++) await at.apply(film(`f${i}`))
      const events = (await batches).flatMap(batch => batch.events)
      expect(named(events)).toEqual(Array.from({ length: 20 }, (_, i) => `upsert film_f${i}`))
    })

    test('every position resumes without a gap or a repeat', async () => {
      const at = desk(ports())
      const positions = [await startOf(at)]
      const expected: string[] = []
      for (let i = 0; i < 12; i++) {
        positions.push((await at.apply(film(`f${i}`))).position)
        expected.push(`upsert film_f${i}`)
      }
      const end = positions.at(-1) as Position
      for (const [i, since] of positions.slice(0, -1).entries()) {
        expect(named(await between(at, since, end))).toEqual(expected.slice(i))
      }
    })

    test('many committers at once: nothing is lost and nothing comes twice', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const ids = Array.from({ length: 160 }, (_, i) => `film_f${i}`)
      const seen: string[] = []
      const { batches } = follow(
        at,
        start,
        TRUE,
        ({ events }) => seen.push(...events.map(({ id }) => id)) >= ids.length,
      )
      await Promise.all(
        Array.from({ length: 16 }, async (_, writer) => {
          for (let i = 0; i < 10; i++) await at.apply(film(`f${writer * 10 + i}`))
        }),
      )
      await batches
      expect([...seen].sort()).toEqual([...ids].sort())
    })

    test('a row that enters the shape is upserted, one that leaves is evicted, one outside stays unmentioned', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const made = await at.apply(film('a', { year: set(1999) }), film('b', { year: set(2000) }))
      const where = eq('year', 1999)
      expect(named(await between(at, start, made.position, where))).toEqual(['upsert film_a'])
      const moved = await at.apply(
        update('Film', 'film_a', { year: set(2000) }),
        update('Film', 'film_b', { year: set(1999) }),
      )
      expect(named(await between(at, made.position, moved.position, where)).sort()).toEqual([
        'evict film_a',
        'upsert film_b',
      ])
      const gone = await at.apply(remove('Film', 'film_a'), remove('Film', 'film_b'))
      expect(named(await between(at, moved.position, gone.position, where))).toEqual(['delete film_b'])
    })

    test('shapes match on to-one ids, and rows changed by a cascade leave them', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const made = await at.apply(person('p'), film('a', { director: set('person_p') }), film('b'))
      const where = eq('director', 'person_p')
      expect(named(await between(at, start, made.position, where))).toEqual(['upsert film_a'])
      const gone = await at.apply(remove('Person', 'person_p'))
      expect(named(await between(at, made.position, gone.position, where))).toEqual(['evict film_a'])
    })

    test('images are those of the position, whatever was committed later', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const made = await at.apply(film('a', { year: set(1), moods: add('dark') }))
      await at.apply(update('Film', 'film_a', { year: set(2), moods: add('slow') }))
      await at.apply(remove('Film', 'film_a'))
      const { batches } = follow(at, start, TRUE, through(made.position, at.scope.tenant))
      // The whole gap may come as one batch; then only its net effect, nothing, is told.
      const events = (await batches).flatMap(batch => batch.events)
      expect(named(events)).toEqual([])
    })

    test('a position of another log, of another tenant or beyond the head is refused', async () => {
      const at = desk(ports())
      const other = desk(ports())
      const start = await startOf(at)
      await startOf(other)
      const code = async (scope: Desk, since: Position) =>
        follow(scope, since, TRUE, () => true).batches.then(
          () => 'accepted',
          (error: { problems?: { code: string }[] }) => error.problems?.[0]?.code,
        )
      expect(await code(at, { ...start, log: 'another' })).toBe('BAD_CURSOR')
      expect(await code(other, start)).toBe('BAD_CURSOR')
      expect(await code(at, { log: start.log, seqs: { [at.scope.tenant]: 1e6 } })).toBe('BAD_CURSOR')
    })

    test('an aborted follower ends', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const { batches, stop } = follow(at, start, TRUE, () => false)
      stop()
      expect(await batches).toEqual([])
    })

    test('touches names the entities of rows and of both ends of edges', async () => {
      const at = desk(ports())
      const start = await startOf(at)
      const end = new AbortController()
      const touches = ports().feed.touches(at.scope, start, end.signal)[Symbol.asyncIterator]()
      const next = async () => [...((await touches.next()).value?.entities ?? [])].sort()
      await at.apply(film('a'))
      expect(await next()).toEqual(['Film'])
      await at.apply(update('Film', 'film_a', { tags: add('tag_start') }))
      expect(await next()).toEqual(['Film', 'Tag'])
      await at.apply(review('r', 'film_a'))
      expect(await next()).toEqual(['Review'])
      end.abort()
      expect((await touches.next()).done).toBe(true)
    })
  })
}

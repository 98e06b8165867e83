import { filmModel } from '@zg/core/ir/film.fixture'
import type { ComputedIR } from '@zg/core/ir/ir'
import { encodeCursor } from '@zg/core/ports/cursor'
import { ProblemError, problem } from '@zg/core/problem'
import type { ExecutionResult } from 'graphql'
import { expect, test } from 'vitest'
import { graphqlSchema } from '../schema.ts'
import { type Api, api, codeOf, dataOf } from '../testing/api.suite.ts'
import { type FakeFeed, type FakeTimers, fakeFeed, fakeTimers } from '../testing/feed.suite.ts'
import { created, FILMS } from '../testing/films.suite.ts'

interface Live extends Api {
  readonly feed: FakeFeed
  readonly timers: FakeTimers
  stream(
    document: string,
    variables?: { [name: string]: unknown },
  ): Promise<AsyncIterableIterator<ExecutionResult>>
}

function live(ports: 'now' | 'later' = 'later'): Live {
  const timers = fakeTimers()
  let feed: FakeFeed | undefined
  const made = api({
    ports,
    host: timers,
    feed: data => {
      feed = fakeFeed(data.position)
      return feed
    },
  })
  made.apply(...FILMS)
  return {
    ...made,
    feed: feed as FakeFeed,
    timers,
    stream: async (document, variables) => {
      const result = await made.subscribe(document, variables)
      if (Symbol.asyncIterator in result) return result
      throw new Error(result.errors?.map(String).join() ?? 'no stream')
    },
  }
}

/** Long enough for everything that is not waiting for a touch or a timer to happen. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}

const titles = (result: IteratorResult<ExecutionResult>): unknown =>
  (result.value?.data?.films as { nodes: { title: string }[] } | undefined)?.nodes.map(({ title }) => title)

const OLD =
  'subscription { films(where: { year: { lt: 1980 } }, orderBy: [{ year: ASC }]) { nodes { title } } }'

test.each(['now', 'later'] as const)(
  'a live list sends the whole result first, then again after a change (ports answer %s)',
  async ports => {
    const at = live(ports)
    const stream = await at.stream(OLD)
    expect(titles(await stream.next())).toEqual(['2001', 'Alien'])
    const next = stream.next()
    at.apply(created('Film', 'film_stalker', { title: 'Stalker', year: 1979 }))
    at.feed.touch('Film')
    await quiet()
    expect(at.timers.pending).toEqual([50])
    at.timers.fire()
    expect(titles(await next)).toEqual(['2001', 'Alien', 'Stalker'])
    void stream.next()
    await quiet()
    expect(at.timers.pending).toEqual([])
    expect(at.calls.filter(call => call === 'open')).toHaveLength(3)
    expect(at.calls.filter(call => call === 'close')).toHaveLength(3)
  },
)

test('it listens from a position before its first read, so no change falls in between', async () => {
  const at = live()
  const before = at.position()
  const stream = await at.stream(OLD)
  at.apply(created('Film', 'film_stalker', { title: 'Stalker', year: 1979 }))
  expect(at.feed.since).toEqual([before])
  await stream.next()
})

test('a change during a run makes another run', async () => {
  const at = live()
  const stream = await at.stream(OLD)
  const first = stream.next()
  at.feed.touch('Film')
  await first
  at.apply(created('Film', 'film_stalker', { title: 'Stalker', year: 1979 }))
  const next = stream.next()
  await quiet()
  at.timers.fire()
  expect(titles(await next)).toEqual(['2001', 'Alien', 'Stalker'])
})

test('changes of a burst are one run, and a result that is byte-equal is not sent', async () => {
  const at = live()
  const stream = await at.stream(OLD)
  await stream.next()
  const sent: unknown[] = []
  const next = stream.next().then(result => sent.push(titles(result)))
  const runs = () => at.calls.filter(call => call.startsWith('pages')).length
  for (let i = 0; i < 10; i++) at.feed.touch('Film')
  await quiet()
  expect(at.timers.pending).toEqual([50])
  at.timers.fire()
  await quiet()
  expect([runs(), sent]).toEqual([2, []])
  at.apply({ kind: 'delete', entity: 'Film', id: 'film_alien' })
  at.feed.touch('Film')
  await quiet()
  at.timers.fire()
  await next
  expect([runs(), sent]).toEqual([3, [['2001']]])
})

test.each([
  ['{ films { nodes { title } } }', ['Film'], ['Person', 'Review', 'Tag']],
  [
    '{ films(where: { director: { name: { eq: "x" } } }) { nodes { title } } }',
    ['Film', 'Person'],
    ['Review'],
  ],
  [
    '{ films(where: { reviews: { none: { film: { studio: { name: { eq: "x" } } } } } }) { nodes { title } } }',
    ['Film', 'Review', 'Studio'],
    ['Tag'],
  ],
  ['{ film(id: "film_nope") { title } }', ['Film'], ['Person']],
  [
    '{ film(id: "film_alien") { director { name } poster { url } tags { nodes { id } } } }',
    ['Film', 'Person', 'Poster', 'Tag'],
    ['Studio'],
  ],
  ['{ film(id: "film_lost") { reviews { nodes { id } } } }', ['Film', 'Review'], ['Person']],
  [
    '{ node(id: "person_scott") { id ... on Person { directed { nodes { studio { name } } } } } }',
    ['Person', 'Film'],
    ['Review', 'Studio'],
  ],
])('%s depends on %j', async (selection, wakes, sleeps) => {
  const at = live()
  const stream = await at.stream(`subscription ${selection}`)
  await stream.next()
  const next = stream.next()
  for (const entity of sleeps) at.feed.touch(entity)
  await quiet()
  expect(at.timers.pending).toEqual([])
  for (const entity of wakes) {
    at.feed.touch(entity)
    await quiet()
    expect([entity, at.timers.pending]).toEqual([entity, [50]])
    at.timers.fire()
    await quiet()
  }
  await stream.return?.()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('a live query follows its answer: what the last run read decides', async () => {
  const at = live()
  const stream = await at.stream('subscription { film(id: "film_lost") { director { name } } }')
  expect((await stream.next()).value.data).toEqual({ film: { director: null } })
  const second = stream.next()
  at.feed.touch('Person')
  await quiet()
  expect(at.timers.pending).toEqual([])
  at.apply({
    kind: 'update',
    entity: 'Film',
    id: 'film_lost',
    fields: { director: { kind: 'set', value: 'person_scott' } },
  })
  at.feed.touch('Film')
  await quiet()
  at.timers.fire()
  expect((await second).value.data).toEqual({ film: { director: { name: 'Scott' } } })
  const third = stream.next()
  at.apply({
    kind: 'update',
    entity: 'Person',
    id: 'person_scott',
    fields: { name: { kind: 'set', value: 'Sir Ridley' } },
  })
  at.feed.touch('Person')
  await quiet()
  at.timers.fire()
  expect((await third).value.data).toEqual({ film: { director: { name: 'Sir Ridley' } } })
})

test('a run that met an outage is repeated after a while, without any change', async () => {
  const at = live()
  const stream = await at.stream(OLD)
  await stream.next()
  const failed = stream.next()
  at.fail(new ProblemError([problem('UNAVAILABLE', [], 'The database is away')]))
  at.feed.touch('Film')
  await quiet()
  at.timers.fire()
  expect((await failed).value.errors).toHaveLength(1)
  // Also for a reader who was not waiting when the time came.
  expect(at.timers.pending).toEqual([1_000])
  at.timers.fire()
  expect(titles(await stream.next())).toEqual(['2001', 'Alien'])
  void stream.next()
  await quiet()
  expect(at.timers.pending).toEqual([])
})

test('a run that fails is a result with errors, and the next change tries again', async () => {
  const at = live()
  const stream = await at.stream('subscription { films(first: 1) { nodes { director { name } } } }')
  await stream.next()
  const failed = stream.next()
  at.fail(new Error('the database hiccups'))
  at.feed.touch('Film')
  await quiet()
  at.timers.fire()
  expect((await failed).value.errors).toHaveLength(1)
  const next = stream.next()
  // It had not come as far as people when it failed, but the run before had.
  at.feed.touch('Person')
  await quiet()
  at.timers.fire()
  expect((await next).value).toEqual({ data: { films: { nodes: [{ director: { name: 'Scott' } }] } } })
  expect(at.calls.filter(call => call === 'open')).toHaveLength(
    at.calls.filter(call => call === 'close').length,
  )
})

test('a refused query is a result with its code, and lets go on return', async () => {
  const at = live()
  const stream = await at.stream('subscription ($first: Int) { films(first: $first) { nodes { title } } }', {
    first: 501,
  })
  expect(codeOf((await stream.next()).value)).toBe('PAGE_SIZE')
  await stream.return?.()
  expect(at.feed.listeners).toBe(0)
})

test('return ends a stream that waits, and lets go of the feed and the timer', async () => {
  const at = live()
  const stream = await at.stream(OLD)
  await stream.next()
  const waiting = stream.next()
  at.feed.touch('Film')
  await quiet()
  expect([at.feed.listeners, at.timers.pending]).toEqual([1, [50]])
  await stream.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect([at.feed.listeners, at.timers.pending]).toEqual([0, []])
})

test('a live query ends with its feed, and fails with it', async () => {
  const ending = live()
  const ended = await ending.stream(OLD)
  await ended.next()
  const last = ended.next()
  ending.feed.end()
  expect(await last).toEqual({ done: true, value: undefined })

  const failing = live()
  const failed = await failing.stream(OLD)
  await failed.next()
  const next = failed.next()
  failing.feed.end(new Error('the database is gone'))
  await expect(next).rejects.toThrow('the database is gone')
})

const CHANGES = `subscription ($where: FilmChangeWhere, $since: Cursor) {
  filmChanges(where: $where, since: $since) { cursor events { kind id film { title director { name } tags { nodes { name } } } } }
}`

test('the feed sends what happened, with rows as they were and relations as they are', async () => {
  const at = live()
  const stream = await at.stream(CHANGES, {
    where: { director: { id: { eq: 'person_scott' } }, moods: { has: 'sad' }, not: { year: { lt: 1970 } } },
  })
  expect(at.feed.follows.at(-1)).toMatchObject({
    shape: {
      entity: 'Film',
      where: {
        kind: 'and',
        of: [
          { kind: 'eq', left: { path: ['director'] }, right: { value: 'person_scott' } },
          { kind: 'has', left: { path: ['moods'] }, element: 'sad' },
          { kind: 'gte', left: { path: ['year'] } },
        ],
      },
    },
  })
  const position = { log: 'test', seqs: { main: 7 } }
  at.feed.send({
    position,
    events: [
      {
        kind: 'upsert',
        id: 'film_alien',
        row: { id: 'film_alien', title: 'Alien (then)', director: 'person_scott' },
      },
      { kind: 'delete', id: 'film_gone' },
      { kind: 'evict', id: 'film_left' },
    ],
  })
  at.feed.send({ position, events: [] })
  expect((await stream.next()).value).toEqual({
    data: {
      filmChanges: {
        cursor: encodeCursor(position),
        events: [
          {
            kind: 'UPSERT',
            id: 'film_alien',
            film: {
              title: 'Alien (then)',
              director: { name: 'Scott' },
              tags: { nodes: [{ name: 'classic' }, { name: 'horror' }] },
            },
          },
          { kind: 'DELETE', id: 'film_gone', film: null },
          { kind: 'EVICT', id: 'film_left', film: null },
        ],
      },
    },
  })
  const empty = { data: { filmChanges: { cursor: encodeCursor(position), events: [] } } }
  expect((await stream.next()).value).toEqual(empty)
  at.feed.send({ position, events: [] })
  expect((await stream.next()).value).toEqual(empty)
  await stream.return?.()
  expect(at.feed.listeners).toBe(0)
})

test('the feed goes on from a cursor', async () => {
  const at = live()
  const since = { log: 'test', seqs: { main: 3 } }
  const stream = await at.stream(CHANGES, { since: encodeCursor(since) })
  expect(at.feed.follows.at(-1)?.since).toEqual(since)
  const waiting = stream.next()
  await stream.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test.each([
  [
    'in the document',
    CHANGES.replace('($where: FilmChangeWhere, $since: Cursor)', '').replace(
      'where: $where, since: $since',
      'since: START',
    ),
    {},
  ],
  ['in a variable', CHANGES, { since: 'START' }],
])('from START (%s): who stops before all rows are told begins anew', async (_, document, variables) => {
  const at = live()
  const stream = await at.stream(document, variables)
  expect(at.feed.follows.at(-1)?.since).toBe('START')
  const cursor = async () => (await stream.next()).value.data.filmChanges.cursor as string
  at.feed.send({ events: [], position: at.position(), again: 'LOADING' })
  expect(await cursor()).toBe('START')
  at.feed.send({ events: [], position: at.position() })
  expect(await cursor()).toBe(encodeCursor(at.position()))
  await stream.return?.()
  expect(at.feed.listeners).toBe(0)
})

test('a reset is the last event, and says where to start over', async () => {
  const at = live()
  const stream = await at.stream(CHANGES, {
    where: { tags: { some: { name: { eq: 'one' } } }, director: { name: { eq: 'P' } } },
    since: encodeCursor(at.position()),
  })
  at.feed.send({ events: [], position: at.position(), again: 'GAP' })
  at.feed.end()
  expect((await stream.next()).value.data.filmChanges).toMatchObject({
    events: [{ kind: 'RESET', id: null }],
    cursor: 'START',
  })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('a page cursor, or nonsense, is no position in the log', async () => {
  const at = live()
  const page = await at.run('{ films(first: 1) { pageInfo { endCursor } } }')
  const { endCursor } = dataOf<{ pageInfo: { endCursor: string } }>(page, 'films').pageInfo
  for (const since of [endCursor, 'nonsense', '']) {
    const result = await at.subscribe(CHANGES, { since })
    expect(codeOf(result as ExecutionResult)).toBe('BAD_CURSOR')
  }
  expect(at.feed.listeners).toBe(0)
})

test('what the feed refuses is the last result of the stream', async () => {
  const at = live()
  const stream = await at.stream(CHANGES, { since: encodeCursor({ log: 'another', seqs: { main: 3 } }) })
  at.feed.end(
    new ProblemError([problem('BAD_CURSOR', ['since'], 'The cursor is of another log; start without it')]),
  )
  expect(codeOf((await stream.next()).value)).toBe('BAD_CURSOR')
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('a feed tells computed fields of a row that is gone by now, as of a row without any other', async () => {
  const computed: readonly ComputedIR[] = [
    { name: 'crowd', type: INT, optional: false, says: { kind: 'count', path: ['reviews'] }, graphql: {} },
    {
      name: 'double',
      type: { kind: 'scalar', scalar: 'bigint' },
      optional: true,
      says: { kind: 'times', left: { kind: 'path', path: ['year'] }, right: { kind: 'value', value: 2 } },
      graphql: {},
    },
  ]
  const entities = filmModel.entities.map(one => (one.name === 'Film' ? { ...one, computed } : one))
  const schema = graphqlSchema({ ir: { ...filmModel, entities } })
  let feed: FakeFeed | undefined
  const made = api({
    ports: 'later',
    schema,
    feed: data => {
      feed = fakeFeed(data.position)
      return feed
    },
  })
  const stream = await made.subscribe(
    'subscription { filmChanges { events { film { title crowd double } } } }',
  )
  if (!(Symbol.asyncIterator in stream)) throw new Error(String(stream.errors))
  const next = stream.next()
  await quiet()
  const row = { id: 'film_gone', title: 'Gone', year: 21 }
  feed?.send({ events: [{ kind: 'upsert', id: row.id, row }], position: made.position() })
  expect((await next).value).toEqual({
    data: { filmChanges: { events: [{ film: { title: 'Gone', crowd: 0, double: '42' } }] } },
  })
  await stream.return?.()
})

const INT = { kind: 'scalar', scalar: 'int' } as const

import { filmModel } from '@zg/core/ir/film.fixture'
import type { ComputedIR } from '@zg/core/ir/ir'
import { encodeCursor } from '@zg/core/ports/cursor'
import { ProblemError, problem } from '@zg/core/problem'
import type { ExecutionResult } from 'graphql'
import { expect, test } from 'vitest'
import { graphqlSchema } from '../schema.ts'
import { api, codeOf, dataOf } from '../testing/api.suite.ts'
import { type FakeFeed, fakeFeed } from '../testing/feed.suite.ts'
import { live, quiet } from '../testing/live.suite.ts'

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

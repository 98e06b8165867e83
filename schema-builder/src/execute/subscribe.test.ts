import { ProblemError, problem } from '@zg/core/problem'
import type { ExecutionResult } from 'graphql'
import { expect, test } from 'vitest'
import { codeOf } from '../testing/api.suite.ts'
import { created } from '../testing/films.suite.ts'
import { live, quiet } from '../testing/live.suite.ts'

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

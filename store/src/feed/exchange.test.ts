import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import { inlineTextWork } from '@zg/core/memory/textWork'
import type { FeedBatch } from '@zg/core/ports/feed'
import { desk, film, films, freshScope, set, update } from '@zg/core/ports/ports.suite'
import type { LogChunk } from '@zg/core/ports/storage'
import { predicate } from '@zg/core/query/evaluate'
import { afterAll, expect, test } from 'vitest'
import { machine } from '../host.ts'
import { createTexts } from '../text/texts.ts'
import { createWriter } from '../writer/writer.ts'
import { createFeed } from './feed.ts'
import { createTail } from './tail.ts'

const counted = { judged: 0 }
const compile: typeof predicate = (...asked) => {
  const holds = predicate(...asked)
  return (row, lookup) => {
    counted.judged++
    return holds(row, lookup)
  }
}

const MANY = 10_000
const end = new AbortController()
afterAll(() => end.abort())

/** Followers of one year each, all waiting at the head. Time stands still until `pass`. */
async function waiting() {
  let pass = (): void => {}
  const sleep = (_: number, signal?: AbortSignal) =>
    new Promise<void>(resolve => {
      pass = resolve
      signal?.addEventListener('abort', () => resolve())
    })
  const storage = memoryStorage({ catalog: films, log: 'log' })
  const host = { ...machine, sleep }
  const tail = createTail({ storage, host })
  const clock = createClock({ now: host.now, replica: 7n })
  const onCommit = (tenant: string, seq: number, chunk: LogChunk | null) => {
    if (chunk) tail.hand(tenant, chunk)
    tail.hint(tenant, seq)
  }
  const writer = createWriter({ storage, catalog: films, schema: 'schema', clock, host: machine, onCommit })
  const texts = createTexts(inlineTextWork())
  const feed = createFeed({ catalog: films, tail, host, storage, texts, compile })
  const reader = { open: () => expect.fail('Nobody reads') }
  const scope = freshScope()
  const at = desk({ reader, writer, feed }, scope)
  const { position } = await at.apply(film('first'))
  const told = new Map<number, FeedBatch>()
  for (let year = 0; year < MANY; year++) {
    const where = {
      kind: 'eq',
      left: { kind: 'path', path: ['year'] },
      right: { kind: 'value', value: year },
    } as const
    const batches = feed.follow({
      scope,
      shape: { entity: 'Film', where },
      since: position,
      signal: end.signal,
    })
    void batches[Symbol.asyncIterator]()
      .next()
      .then(({ value }) => value && told.set(year, value))
  }
  const settle = async () => {
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  }
  await settle()
  counted.judged = 0
  return { at, told, settle, pass: () => pass() }
}

test('with 10,000 followers a commit is judged by those that it may concern', async () => {
  const { at, told, settle, pass } = await waiting()
  await at.apply(film('a', { year: set(7) }))
  await settle()
  expect([...told.keys()]).toEqual([7])
  expect(counted.judged).toBeLessThanOrEqual(2)
  const { position } = await at.apply(update('Film', 'film_a', { year: set(8) }))
  await settle()
  expect(told.get(8)?.events.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['upsert film_a'])
  // Both once: the one it came to, and nobody else, for the one it left has not asked again.
  expect(counted.judged).toBeLessThanOrEqual(4)
  // All others learn in their turn how far the log has come, and are not asked for it.
  pass()
  await settle()
  expect(told.size).toBe(MANY)
  expect(told.get(9)).toEqual({ events: [], position })
  expect(counted.judged).toBeLessThanOrEqual(4)
}, 60_000)

test('one commit of many rows is judged by each follower on its own rows only', async () => {
  const { at, told, settle } = await waiting()
  await at.apply(...Array.from({ length: 300 }, (_, year) => film(`f${year}`, { year: set(year) })))
  await settle()
  expect([...told.values()].map(({ events }) => events.length)).toEqual(Array.from({ length: 300 }, () => 1))
  expect(counted.judged).toBeLessThanOrEqual(600)
}, 60_000)

import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import type { FeedEvent } from '@zg/core/ports/feed'
import { film, films, freshScope } from '@zg/core/ports/ports.suite'
import type { LogChunk, Storage } from '@zg/core/ports/storage'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { touched, transitions } from '../feed/images.ts'
import { migrate } from '../migrate.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openPorts } from '../store.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import { fakeHost } from './play.fixture.ts'
import { createWriter } from './writer.ts'

/** Plays a history; every chunk that the writer hands over must be what the log gives for the same span. */
async function sameAsLog(
  storage: Storage,
  history: Parameters<typeof mutationsOf>[0],
  tenants: readonly string[],
) {
  const host = fakeHost()
  const clock = createClock({ now: host.now, replica: 7n })
  const handed: { readonly tenant: string; readonly chunk: LogChunk }[] = []
  const onCommit = (tenant: string, seq: number, chunk: LogChunk | null) => {
    if (chunk) expect(chunk.seq).toBe(seq)
    if (chunk) handed.push({ tenant, chunk })
  }
  const writer = createWriter({ storage, catalog: films, schema: 'schema', clock, host, onCommit })
  for (const batch of mutationsOf(history, tenants)) {
    await Promise.all(batch.map(mutation => writer.commit(mutation)))
  }
  await writer.close()
  for (const tenant of tenants) {
    let after = 0
    for (const { chunk } of handed.filter(one => one.tenant === tenant)) {
      const logged = await storage.view(tenant, view => view.read(after, chunk.entries.length))
      expect(chunk.entries).toEqual(logged.entries)
      expect(transitions(films, chunk)).toEqual(transitions(films, logged))
      expect(touched(films, chunk)).toEqual(touched(films, logged))
      after = chunk.seq
    }
    // Nothing was committed that was not handed over.
    expect((await storage.entries(tenant, after, 1_000)).entries).toEqual([])
  }
}

test('any history in memory: what the writer hands over is what the log says', async () => {
  await fc.assert(
    fc.asyncProperty(histories, history =>
      sameAsLog(memoryStorage({ catalog: films, log: 'memory' }), history, ['one', 'two']),
    ),
    { numRuns: 200 },
  )
})

describe('PGlite', () => {
  let database: Database
  let storage: Storage
  let runs = 0
  beforeAll(async () => {
    database = await memoryDatabase()
    await migrate(database, films.model)
    storage = await sqlStorage(database, films)
  })
  afterAll(() => database.close())

  test('any history: what the writer hands over is what the log says', async () => {
    await fc.assert(
      fc.asyncProperty(histories, history => sameAsLog(storage, history, [`one${++runs}`, `two${runs}`])),
      { numRuns: 10 },
    )
  })
})

test('a follower in step reads nothing from the log, one who lags does', async () => {
  const memory = memoryStorage({ catalog: films, log: 'log' })
  let reads = 0
  const storage: Storage = {
    ...memory,
    entries: (...args) => {
      reads++
      return memory.entries(...args)
    },
  }
  const host = fakeHost()
  const ports = openPorts({ storage, catalog: films, host, random: bytes => new Uint8Array(bytes) })
  const scope = freshScope()
  const end = new AbortController()
  const everything = { kind: 'and', of: [] } as const
  const follow = (seq: number) =>
    ports.feed
      .follow({
        scope,
        shape: { entity: 'Film', where: everything },
        since: { log: 'log', seqs: { [scope.tenant]: seq } },
        signal: end.signal,
      })
      [Symbol.asyncIterator]()
  const inStep = follow(0)
  for (let i = 0; i < 40; i++) {
    const next = inStep.next()
    await ports.writer.commit({ scope, acts: [film(`f${i}`)] })
    expect((await next).value?.events.map((event: FeedEvent) => event.id)).toEqual([`film_f${i}`])
  }
  expect(reads).toBe(0)
  // Whoever lags a little gets the net effect of what was missed, also from memory.
  expect([(await follow(3).next()).value?.events.length, reads]).toEqual([37, 0])
  for (let i = 0; i < 3; i++) {
    await ports.writer.commit({ scope, acts: Array.from({ length: 400 }, (_, n) => film(`many${i}x${n}`)) })
  }
  // Once, and what comes behind it ahead of being asked.
  expect([(await follow(5).next()).value?.events.length, reads]).toEqual([835, 2])
  end.abort()
  await ports.close()
})

import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { type FeedEvent, START } from '@zg/core/ports/feed'
import { create, films, freshScope, type PortsUnderTest, set } from '@zg/core/ports/ports.suite'
import { replicaSuite } from '@zg/core/ports/replica.suite'
import type { LogPiece, Storage } from '@zg/core/ports/storage'
import { TRUE } from '@zg/core/query/expression'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { machine } from '../host.ts'
import { migrate } from '../migrate.ts'
import { sqlReader } from '../reader.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openPorts, type Ports } from '../store.ts'

/** Pages so small that loading takes many of them. */
const limits = { page: 2, cap: 20 }

describe('memory', () => {
  const storage = memoryStorage({ catalog: films, log: 'memory' })
  const source = projections(films, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog: films, log: 'memory', source })
  const ports = openPorts({ storage, catalog: films, host: machine, random: machine.random, limits })
  afterAll(() => ports.close())
  replicaSuite('memory', () => ({ ...ports, reader }), 300, limits.cap)
})

describe('PGlite', () => {
  let database: Database
  let storage: Storage
  let ports: Ports & PortsUnderTest
  beforeAll(async () => {
    database = await memoryDatabase()
    await migrate(database, films.model)
    storage = await sqlStorage(database, films)
    const reader = sqlReader(database, films, storage.log)
    const { random } = machine
    ports = { ...openPorts({ storage, catalog: films, host: machine, random, limits }), reader }
  })
  afterAll(async () => {
    await ports.close()
    await database.close()
  })
  replicaSuite('PGlite', () => ports, 5, limits.cap)

  test('a piece says where the next one ends', async () => {
    const scope = freshScope()
    for (const [i, size] of [4, 3, 5].entries()) {
      const acts = Array.from({ length: size }, (_, n) => create('Tag', `tag_f${i}${n}`, { name: set('x') }))
      await ports.writer.commit({ scope, acts })
    }
    const ends = async (after: number, limit: number) => {
      const { seq, following } = await storage.entries(scope.tenant, after, limit)
      return [seq, following]
    }
    expect(await ends(0, 5)).toEqual([4, 7])
    expect(await ends(0, 8)).toEqual([7, 12])
    // A larger mutation comes whole.
    expect(await ends(4, 4)).toEqual([7, 7])
    expect(await ends(7, 100)).toEqual([12, 12])
  })

  test('a long piece comes in order', async () => {
    const scope = freshScope()
    const ids = Array.from({ length: 600 }, (_, n) => `tag_${n}`)
    await ports.writer.commit({ scope, acts: ids.map(id => create('Tag', id, { name: set(id) })) })
    const { entries, seq } = await storage.entries(scope.tenant, 0, 10)
    expect(entries.map(({ change }) => change.key)).toEqual(ids)
    expect(entries.map(({ last }) => last)).toEqual(ids.map((_, i) => i === 599))
    expect([entries[0]?.seq, entries[599]?.seq, seq]).toEqual([1, 600, 600])
  })

  test('who is far behind is read 2 MB at once, and what is read ahead for those who do not pull is bounded for all', async () => {
    const { writer, feed, read, close } = watching(storage)
    const scope = freshScope()
    const noise = Buffer.from(machine.random((LARGE * 3) / 4)).toString('base64')
    const tags = Array.from({ length: ROWS }, (_, i) =>
      // Every other one takes hardly any room where it is stored.
      create('Tag', `tag_${i}`, { name: set(i % 2 ? 'x'.repeat(LARGE) : noise) }),
    )
    for (let i = 0; i < ROWS; i += 3) {
      const { verdict } = await writer.commit({ scope, acts: tags.slice(i, i + 3) })
      expect(verdict).toMatchObject({ status: 'applied' })
    }
    const { signal } = new AbortController()
    const shape = { entity: 'Tag', where: TRUE }
    const follow = (seq: number) =>
      feed
        .follow({ scope, shape, since: { log: storage.log, seqs: { [scope.tenant]: seq } }, signal })
        [Symbol.asyncIterator]()
    const followers = [0, 3, 6, 9, 12].map(follow)
    for (const follower of followers) expect((await follower.next()).value?.events.length).toBeGreaterThan(9)
    const pieces = await read()
    for (const { entries, bytes, seq, following } of pieces) {
      expect(following).toBe(seq)
      const length = JSON.stringify(entries).length
      expect(length).toBeLessThan(2.1 * 2 ** 20)
      expect(bytes / length).toBeCloseTo(1, 1)
    }
    // One for each; for two of them the next one, too, and the one behind it.
    expect(pieces.length).toBeLessThanOrEqual(5 + 2 * 2)
    const told: string[] = []
    const whole = follow(0)
    for (let at = 0; at < ROWS; ) {
      const { value } = await whole.next()
      told.push(...(value?.events.map(({ id }: FeedEvent) => id) ?? []))
      at = value?.position.seqs[scope.tenant] ?? 0
    }
    expect(told).toEqual(tags.map(({ id }) => id))
    // Pages of 2 MB, too, and not of the 500 rows that they may have.
    const pages: number[] = []
    for await (const { events, again } of feed.follow({ scope, shape, since: START, signal })) {
      pages.push(events.length)
      if (again !== 'LOADING') break
    }
    expect(pages).toEqual([20, 20, 20])
    await close()
  })
})

/** Characters. */
const LARGE = 100_000
const ROWS = 60

/** Ports that remember what they read of the log. */
function watching(storage: Storage) {
  const asked: Promise<LogPiece>[] = []
  const entries: Storage['entries'] = (...args) => {
    const piece = storage.entries(...args)
    asked.push(piece)
    return piece
  }
  const watched: Storage = { ...storage, entries, close: async () => {} }
  /** What was read, once nothing more is. */
  const read = async (): Promise<readonly LogPiece[]> => {
    for (let known = -1; known < asked.length; ) {
      known = asked.length
      await Promise.all(asked)
      await new Promise(setImmediate)
    }
    return Promise.all(asked)
  }
  return {
    ...openPorts({ storage: watched, catalog: films, host: machine, random: machine.random }),
    read,
  }
}

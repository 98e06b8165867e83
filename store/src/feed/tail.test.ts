import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import { inlineTextWork } from '@zg/core/memory/textWork'
import { film, films, freshScope } from '@zg/core/ports/ports.suite'
import type { Position } from '@zg/core/ports/position'
import type { Storage } from '@zg/core/ports/storage'
import { TRUE } from '@zg/core/query/expression'
import { expect, test } from 'vitest'
import { createTexts } from '../text/texts.ts'
import type { Host } from '../writer/host.ts'
import { createWriter } from '../writer/writer.ts'
import { createFeed } from './feed.ts'
import { createTail } from './tail.ts'

/** Sleepers wake when `pass` has let enough time go by, or their signal aborts. */
function slowHost() {
  const sleepers = new Set<{ readonly until: number; wake(): void }>()
  let time = 0
  const host: Host = {
    now: () => 1_700_000_000_000 + time,
    breathe: () => new Promise(resolve => setImmediate(resolve)),
    sleep: (ms, signal) =>
      new Promise(resolve => {
        const sleeper = { until: time + ms, wake: () => void (sleepers.delete(sleeper) && resolve()) }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
      }),
  }
  const settle = async () => {
    for (let i = 0; i < 10; i++) await host.breathe()
  }
  const pass = async (ms: number) => {
    time += ms
    for (const sleeper of [...sleepers]) if (sleeper.until <= time) sleeper.wake()
    await settle()
  }
  return { host, sleepers, settle, pass }
}

/** Nobody hints unless a test does; reads and looks at the heads are counted. */
function setUp(wrap: (storage: Storage) => Partial<Storage> = () => ({})) {
  const { host, ...time } = slowHost()
  const memory = memoryStorage({ catalog: films, log: 'log' })
  const counted = { reads: 0, heads: 0 }
  const counting: Storage = {
    ...memory,
    entries: async (...args) => {
      counted.reads++
      return memory.entries(...args)
    },
    heads: async tenants => {
      counted.heads++
      return memory.heads(tenants)
    },
  }
  const storage = { ...counting, ...wrap(counting) }
  const clock = createClock({ now: host.now, replica: 7n })
  const writer = createWriter({ storage: memory, catalog: films, schema: 'schema', clock, host })
  const tail = createTail({ storage, host })
  const feed = createFeed({ catalog: films, tail, host, storage, texts: createTexts(inlineTextWork()) })
  const scope = freshScope()
  const end = new AbortController()
  const since: Position = { log: 'log', seqs: { [scope.tenant]: 0 } }
  /** What a follower has been told, and whether he was told that it is over. */
  const follow = (signal = end.signal) => {
    const heard = { ids: [] as string[], over: false, error: '' }
    const listen = async () => {
      for await (const { events } of feed.follow({
        scope,
        shape: { entity: 'Film', where: TRUE },
        since,
        signal,
      })) {
        heard.ids.push(...events.map(({ id }) => id))
      }
      heard.over = true
    }
    listen().catch((error: Error) => (heard.error = error.message))
    return heard
  }
  return {
    ...time,
    memory,
    tail,
    feed,
    scope,
    since,
    end,
    counted,
    follow,
    commit: (id: string) => writer.commit({ scope, acts: [film(id)] }),
  }
}

test('a lost hint only delays: after a second the heads are read again', async () => {
  const { follow, commit, settle, pass } = setUp()
  const heard = follow()
  await settle()
  await commit('a')
  await settle()
  expect(heard.ids).toEqual([])
  await pass(999)
  expect(heard.ids).toEqual([])
  await pass(1)
  expect(heard.ids).toEqual(['film_a'])
  await commit('b')
  await pass(1_000)
  expect(heard.ids).toEqual(['film_a', 'film_b'])
})

test('a database that is away for a while is asked again', async () => {
  let away = false
  const { follow, commit, settle, pass } = setUp(storage => ({
    heads: tenants => (away ? Promise.reject(new Error('away')) : storage.heads(tenants)),
  }))
  const heard = follow()
  await settle()
  away = true
  await commit('a')
  await pass(1_000)
  away = false
  await pass(1_000)
  expect(heard).toEqual({ ids: ['film_a'], over: false, error: '' })
})

test('a hint of what is not there asks once, and the truth still comes through', async () => {
  const { tail, follow, commit, settle, pass, scope, counted } = setUp()
  const heard = follow()
  await settle()
  tail.hint(scope.tenant, 99)
  await settle()
  expect(counted.reads).toBe(1)
  await commit('a')
  tail.hint(scope.tenant, 1)
  await settle()
  expect(heard.ids).toEqual(['film_a'])
  tail.hint(scope.tenant, 99)
  await settle()
  await commit('b')
  await pass(1_000)
  expect(heard.ids).toEqual(['film_a', 'film_b'])
})

test('a hint that comes while the head is being read is not lost', async () => {
  const answers: (() => void)[] = []
  const { tail, follow, commit, settle, scope } = setUp(storage => ({
    heads: async tenants => {
      const found = await storage.heads(tenants)
      await new Promise<void>(resolve => answers.push(resolve))
      return found
    },
  }))
  const heard = follow()
  await settle()
  await commit('a')
  tail.hint(scope.tenant, 1)
  answers[0]?.()
  await settle()
  expect(heard.ids).toEqual(['film_a'])
})

test('followers in step share one read, and one that comes later starts where he says', async () => {
  const { tail, follow, commit, settle, scope, counted } = setUp()
  const all = Array.from({ length: 100 }, () => follow())
  await settle()
  await commit('a')
  tail.hint(scope.tenant, 1)
  await settle()
  expect(all.map(({ ids }) => ids)).toEqual(all.map(() => ['film_a']))
  expect(counted.reads).toBe(1)
  await commit('b')
  tail.hint(scope.tenant, 2)
  const late = follow()
  await settle()
  expect(late.ids).toEqual(['film_a', 'film_b'])
})

test('a failed read ends those who asked and is forgotten', async () => {
  let failing = true
  const { tail, follow, commit, settle, scope } = setUp(storage => ({
    entries: (...args) => (failing ? Promise.reject(new Error('lost')) : storage.entries(...args)),
  }))
  const first = follow()
  await settle()
  await commit('a')
  tail.hint(scope.tenant, 1)
  await settle()
  expect(first.error).toBe('lost')
  failing = false
  const second = follow()
  await settle()
  expect(second.ids).toEqual(['film_a'])
})

test('nobody is left behind: an abort ends its follower, and without followers nobody polls', async () => {
  const { follow, settle, pass, sleepers, end, counted } = setUp()
  const own = new AbortController()
  const [gone, stays] = [follow(own.signal), follow()]
  await settle()
  own.abort()
  await settle()
  expect([gone.over, stays.over]).toEqual([true, false])
  end.abort()
  await settle()
  expect(stays.over).toBe(true)
  const before = counted.heads
  await pass(1_000)
  expect([counted.heads - before, sleepers.size]).toEqual([0, 0])
})

test('close ends all followers, at once and for good', async () => {
  const { tail, feed, follow, settle, sleepers, scope, since, end } = setUp(storage => ({
    heads: tenants => (tail.closed ? Promise.reject(new Error('closed')) : storage.heads(tenants)),
  }))
  const heard = follow()
  await settle()
  tail.close()
  const late = follow()
  await settle()
  expect([heard, late]).toEqual([heard, late].map(() => ({ ids: [], over: true, error: '' })))
  const touches = feed.touches(scope, since, end.signal)[Symbol.asyncIterator]()
  expect((await touches.next()).done).toBe(true)
  expect(sleepers.size).toBe(0)
})

test('who does not pull costs no reads', async () => {
  const { tail, feed, scope, since, end, commit, settle, counted } = setUp()
  const stalled = feed.touches(scope, since, end.signal)[Symbol.asyncIterator]()
  const first = stalled.next()
  await settle()
  for (let i = 1; i <= 50; i++) {
    await commit(`f${i}`)
    tail.hint(scope.tenant, i)
    await settle()
  }
  expect((await first).value?.position.seqs).toEqual({ [scope.tenant]: 1 })
  expect(counted.reads).toBe(1)
  expect((await stalled.next()).value?.position.seqs).toEqual({ [scope.tenant]: 50 })
  end.abort()
})

test('chunks handed over with a gap between them are not taken for one', async () => {
  const { tail, scope, commit, counted, end, memory } = setUp()
  await tail.head(scope.tenant)
  for (const id of ['a', 'b', 'c']) await commit(id)
  tail.hand(scope.tenant, await memory.view(scope.tenant, view => view.read(0, 1)))
  // The second was committed by another gateway.
  tail.hand(scope.tenant, await memory.view(scope.tenant, view => view.read(2, 1)))
  tail.hint(scope.tenant, 3)
  const next = async (after: number) => {
    const chunk = await tail.next(scope.tenant, after, end.signal)
    return [chunk?.entries.map(({ seq }) => seq), counted.reads]
  }
  expect(await next(2)).toEqual([[3], 0])
  expect(await next(0)).toEqual([[1, 2, 3], 1])
})

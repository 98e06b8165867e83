import { expect, test } from 'vitest'
import { createPace } from './pace.ts'
import { createRoom, type Leave, type RoomLimits } from './room.ts'
import { sizeOf } from './size.ts'

/** A clock that a test moves. */
function clock() {
  let time = 0
  const sleepers = new Set<{ readonly until: number; wake(): void }>()
  const wake = () => {
    for (const one of sleepers) {
      if (one.until > time) continue
      sleepers.delete(one)
      one.wake()
    }
  }
  return {
    host: {
      now: () => time,
      breathe: () => Promise.resolve(),
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>(resolve => {
          const one = { until: time + ms, wake: resolve }
          sleepers.add(one)
          signal?.addEventListener('abort', () => {
            sleepers.delete(one)
            resolve()
          })
        }),
    },
    sleepers,
    pass: async (ms: number) => {
      time += ms
      wake()
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

function setUp(limits: Partial<RoomLimits> = {}) {
  const { host, pass, sleepers } = clock()
  const room = createRoom(host, { places: 2, waiting: 100, bytes: 1_000_000, patience: 500, ...limits })
  const inside = new Map<string, Leave>()
  const log: string[] = []
  const enter = (name: string, bytes = 1) => {
    const tenant = name.replace(/\d+$/, '')
    const admit = (leave: Leave) => {
      inside.set(name, leave)
      log.push(`${name} in`)
    }
    room.enter({
      tenant,
      bytes,
      admit,
      refuse: error => void log.push(`${name} ${error.problems[0]?.code} ${error.retryAfter}`),
    })
  }
  const leave = (name: string) => {
    log.push(`${name} out`)
    inside.get(name)?.()
  }
  return { room, enter, leave, log, pass, sleepers }
}

test('first come, first served, and no newcomer passes by who waits', () => {
  const { enter, leave, log } = setUp()
  for (const name of ['a1', 'a2', 'a3', 'a4']) enter(name)
  leave('a2')
  enter('a5')
  leave('a1')
  expect(log).toEqual(['a1 in', 'a2 in', 'a2 out', 'a3 in', 'a1 out', 'a4 in'])
})

test('tenants take turns, however many of one wait', () => {
  const { enter, leave, log } = setUp({ places: 1 })
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']) enter(name)
  for (const name of ['a1', 'a2', 'b1', 'a3', 'b2']) leave(name)
  expect(log.filter(line => line.endsWith('in'))).toEqual([
    'a1 in',
    'a2 in',
    'b1 in',
    'a3 in',
    'b2 in',
    'a4 in',
  ])
})

test('who has waited too long is sent away, and nobody else', async () => {
  const { enter, leave, log, pass } = setUp({ places: 1 })
  enter('a1')
  enter('a2')
  await pass(300)
  enter('a3')
  await pass(200)
  expect(log).toEqual(['a1 in', 'a2 OVERLOADED 100'])
  leave('a1')
  await pass(1_000)
  expect(log.slice(2)).toEqual(['a1 out', 'a3 in'])
})

test('no timer is left when nobody waits, and the next who waits is watched again', async () => {
  const { room, enter, leave, sleepers, log, pass } = setUp({ places: 1 })
  enter('a1')
  enter('a2')
  expect(sleepers.size).toBe(1)
  leave('a1')
  await room.empty()
  expect(sleepers.size).toBe(0)
  enter('a3')
  await pass(500)
  expect(log.at(-1)).toBe('a3 OVERLOADED 500')
})

test('a flood drowns itself: in a full room its last one makes way for others', () => {
  const { enter, log } = setUp({ places: 1, waiting: 3 })
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'b3']) enter(name)
  expect(log).toEqual([
    'a1 in',
    'a5 OVERLOADED 100',
    'a4 OVERLOADED 100',
    'b2 OVERLOADED 100',
    'b3 OVERLOADED 100',
  ])
})

test('bytes count, of those who are inside and of those who wait; one alone may bring as much as it likes', () => {
  const { enter, leave, log } = setUp({ places: 1, bytes: 10 })
  enter('a1', 50)
  enter('a2', 1)
  leave('a1')
  enter('a3', 8)
  enter('a4', 8)
  leave('a3')
  leave('a3')
  enter('a5', 8)
  expect(log).toEqual([
    'a1 in',
    'a2 OVERLOADED 100',
    'a1 out',
    'a3 in',
    'a4 OVERLOADED 100',
    'a3 out',
    'a3 out',
    'a5 in',
  ])
})

test('the hint is how long as many took of late', async () => {
  let time = 0
  const pace = createPace(() => time)
  expect(pace.after(1_000)).toBe(100)
  for (let i = 0; i < 100; i++) {
    time += 5
    pace.served()
  }
  expect(pace.after(200)).toBe(1_000)
  expect(pace.after(1_000_000)).toBe(10_000)
  // What was long ago counts less and less.
  for (let i = 0; i < 10_000; i++) {
    time += 1
    pace.served()
  }
  expect(pace.after(1_000)).toBeLessThan(1_010)
})

test('a size grows with the texts of what is measured, and ends in what refers to itself', () => {
  const loop: { me?: unknown } = {}
  loop.me = loop
  expect(sizeOf([{ a: 'x'.repeat(1_000) }])).toBeGreaterThan(2_000)
  expect(sizeOf([1, null, true])).toBeLessThan(100)
  expect(sizeOf(loop)).toBeLessThan(1_000)
})

import type { ExecutionResult } from 'graphql'
import { expect, test } from 'vitest'
import type { Results } from './api.ts'
import { createHub, type Hub, type Shared } from './hub.ts'
import type { Ending, Listener, Packet } from './listener.ts'

/** A stream that gives what a test tells it to give. */
function told() {
  const queue: (() => Promise<IteratorResult<ExecutionResult>>)[] = []
  let wake: (() => void) | null = null
  let returned = 0
  const iterator: AsyncIterator<ExecutionResult> = {
    next: async () => {
      while (queue.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      return (queue.shift() as () => Promise<IteratorResult<ExecutionResult>>)()
    },
    return: async () => {
      returned++
      return { done: true, value: undefined }
    },
  }
  const source: Results & { stale: boolean } = {
    stale: false,
    current: async () => !source.stale,
    [Symbol.asyncIterator]: () => iterator,
  }
  const say = (step: () => Promise<IteratorResult<ExecutionResult>>) => {
    queue.push(step)
    wake?.()
  }
  return {
    source,
    give: (data: ExecutionResult['data']) => say(async () => ({ done: false, value: { data } })),
    end: () => say(async () => ({ done: true, value: undefined })),
    fail: (error: Error) => say(() => Promise.reject(error)),
    returned: () => returned,
  }
}

const quiet = () => new Promise(resolve => setImmediate(resolve))

function reader() {
  const packets: Packet[] = []
  const endings: Ending[] = []
  const left = new AbortController()
  const listener: Listener = {
    next: packet => void packets.push(packet),
    end: ending => void endings.push(ending),
  }
  return { packets, endings, left, listener, texts: () => packets.map(({ text }) => text) }
}

function joining(hub: Hub, whole: boolean) {
  const starts: string[] = []
  const join = async (key: string, from: ReturnType<typeof told>) => {
    const one = reader()
    const shared: Shared = {
      key,
      whole,
      start: async () => {
        starts.push(key)
        return from.source
      },
    }
    await hub.join(shared, one.listener, one.left.signal)
    return one
  }
  return { starts, join }
}

const same = (result: ExecutionResult) => result
const n = (value: number) => JSON.stringify({ data: { n: value } })

test.each([true, false])('equal keys are executed once and serialised once (whole: %s)', async whole => {
  const { starts, join } = joining(createHub(same), whole)
  const from = told()
  const readers = [await join('a', from), await join('a', from), await join('a', from)]
  let serialised = 0
  from.give({ n: { toJSON: () => ++serialised } })
  await quiet()
  expect(starts).toEqual(['a'])
  expect(readers.map(({ texts }) => texts())).toEqual([[n(1)], [n(1)], [n(1)]])
  expect(serialised).toBe(1)
  expect(new Set(readers.map(({ packets }) => packets[0])).size).toBe(1)
})

test('different keys share nothing', async () => {
  const { starts, join } = joining(createHub(same), true)
  const [mine, yours] = [told(), told()]
  const me = await join('me', mine)
  const you = await join('you', yours)
  mine.give({ n: 1 })
  await quiet()
  expect([starts, me.texts(), you.texts()]).toEqual([['me', 'you'], [n(1)], []])
})

test('who joins a live query late gets the present result at once, and no byte-equal one again', async () => {
  const { join } = joining(createHub(same), true)
  const from = told()
  const first = await join('a', from)
  from.give({ n: 1 })
  await quiet()
  const late = await join('a', from)
  expect(late.texts()).toEqual([n(1)])
  expect(late.packets[0]).toBe(first.packets[0])
  from.give({ n: 1 })
  from.give({ n: 2 })
  await quiet()
  expect([first.texts(), late.texts()]).toEqual([
    [n(1), n(2)],
    [n(1), n(2)],
  ])
})

test('an outdated result is no answer for who joins now: the next one is, equal or not', async () => {
  const { join } = joining(createHub(same), true)
  const from = told()
  const first = await join('a', from)
  from.give({ n: 1 })
  await quiet()
  from.source.stale = true
  const late = await join('a', from)
  expect(late.texts()).toEqual([])
  from.source.stale = false
  from.give({ n: 1 })
  await quiet()
  expect([first.texts(), late.texts()]).toEqual([[n(1)], [n(1)]])
})

test('under constant change nobody waits longer than for the second result', async () => {
  const { join } = joining(createHub(same), true)
  const from = told()
  from.source.stale = true
  const one = await join('a', from)
  from.give({ n: 1 })
  await quiet()
  expect(one.texts()).toEqual([])
  from.give({ n: 2 })
  from.give({ n: 3 })
  await quiet()
  expect(one.texts()).toEqual([n(2), n(3)])
})

test('who joins a feed gets what comes, equal or not, and nothing from before', async () => {
  const { join } = joining(createHub(same), false)
  const from = told()
  const first = await join('a', from)
  from.give({ n: 1 })
  await quiet()
  const late = await join('a', from)
  from.give({ n: 1 })
  await quiet()
  expect([first.texts(), late.texts()]).toEqual([[n(1), n(1)], [n(1)]])
})

test('the stream ends with its last reader, and begins anew with the next', async () => {
  const { starts, join } = joining(createHub(same), true)
  const from = told()
  const readers = [await join('a', from), await join('a', from)]
  readers[0]?.left.abort()
  expect(from.returned()).toBe(0)
  readers[1]?.left.abort()
  expect(from.returned()).toBe(1)
  await join('a', told())
  expect(starts).toEqual(['a', 'a'])
})

test('a reader who leaves while the stream begins leaves nothing behind', async () => {
  const hub = createHub(same)
  const from = told()
  const one = reader()
  const joinedLater = hub.join(
    { key: 'a', whole: true, start: async () => from.source },
    one.listener,
    one.left.signal,
  )
  one.left.abort()
  await joinedLater
  await quiet()
  expect([from.returned(), one.texts()]).toEqual([1, []])
})

test('a stream that cannot begin says why to all who wait, with masked errors', async () => {
  const hub = createHub(result => ({ ...result, data: { masked: true } }))
  let starts = 0
  const start = async (): Promise<ExecutionResult> => {
    starts++
    return { data: { masked: false } }
  }
  const readers = [reader(), reader()]
  const shared = { key: 'a', whole: true, start }
  const answers = await Promise.all(readers.map(one => hub.join(shared, one.listener, one.left.signal)))
  expect(answers).toEqual([{ data: { masked: true } }, { data: { masked: true } }])
  expect(starts).toBe(1)
  await hub.join(shared, reader().listener, reader().left.signal)
  expect(starts).toBe(2)
})

test('end, failure and retirement reach everybody', async () => {
  const hub = createHub(same)
  const { join } = joining(hub, true)
  const streams = { over: told(), failed: told(), retired: told() }
  const readers = {
    over: [await join('over', streams.over), await join('over', streams.over)],
    failed: [await join('failed', streams.failed)],
    retired: [await join('retired', streams.retired)],
  }
  streams.over.end()
  streams.failed.fail(new Error('the database is gone'))
  await quiet()
  hub.retire()
  for (const [kind, list] of Object.entries(readers)) {
    for (const one of list) expect(one.endings).toMatchObject([{ kind }])
  }
  expect(streams.retired.returned()).toBe(1)
})

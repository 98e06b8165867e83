import { expect, test } from 'vitest'
import { Overloaded, Unavailable } from '../outage.ts'
import type { Connection } from './connection.ts'
import { createPool } from './pool.ts'

/** A connection that nobody asks anything. */
function fakeConnection(): Connection & { ended: boolean } {
  const connection = {
    lost: null as Unavailable | null,
    ended: false,
    query: () => Promise.reject(new Error('Nobody asks')),
    opened: async () => {},
    end: async () => {
      connection.ended = true
    },
    lose: (reason: unknown) => {
      connection.lost ??= new Unavailable(reason)
    },
  }
  return connection
}

function setUp(max: number, patience = 10_000) {
  const opened: ReturnType<typeof fakeConnection>[] = []
  const open = () => {
    const connection = fakeConnection()
    opened.push(connection)
    return connection
  }
  return { opened, pool: createPool({ max, patience, open }) }
}

/** Work that lasts until it is told to end. */
function job() {
  let end = () => {}
  let begin: (connection: Connection) => void
  const begun = new Promise<Connection>(resolve => {
    begin = resolve
  })
  const over = new Promise<void>(resolve => {
    end = resolve
  })
  const work = (connection: Connection) => {
    begin(connection)
    return over
  }
  return { end, begun, work }
}

test('no more than `max` work at once; who waits comes in order, and nobody slips in', async () => {
  const { pool, opened } = setUp(1)
  const first = job()
  const order: string[] = []
  const note = (name: string) => async () => void order.push(name)
  const running = [pool.use(first.work), pool.use(note('a')), pool.use(note('b'))]
  await first.begun
  first.end()
  running.push(pool.use(note('late')))
  await Promise.all(running)
  expect(order).toEqual(['a', 'b', 'late'])
  expect(opened).toHaveLength(1)
})

test('who waits too long is told so, and the others go on', async () => {
  const { pool } = setUp(1, 20)
  const first = job()
  const running = pool.use(first.work)
  await expect(pool.use(async () => 'late')).rejects.toThrow(Overloaded)
  first.end()
  await running
  expect(await pool.use(async () => 'next')).toBe('next')
})

test('a lost connection is not lent again, nor are those that lay idle beside it', async () => {
  const { pool, opened } = setUp(2)
  const [one, other] = [job(), job()]
  const running = [pool.use(one.work), pool.use(other.work)]
  const lost = await one.begun
  await other.begun
  other.end()
  await running[1]
  lost.lose(new Error('gone'))
  one.end()
  await running[0]
  expect(opened.map(connection => connection.lost !== null)).toEqual([true, true])
  await pool.use(async connection => expect(opened.indexOf(connection as never)).toBe(2))
})

test('close waits for what is running, ends all, and takes no more', async () => {
  const { pool, opened } = setUp(2)
  const first = job()
  const running = pool.use(first.work)
  await first.begun
  let closed = false
  const closing = pool.close().then(() => {
    closed = true
  })
  await expect(pool.use(async () => 1)).rejects.toThrow(Unavailable)
  expect(closed).toBe(false)
  first.end()
  await Promise.all([running, closing])
  expect(opened.map(({ ended }) => ended)).toEqual([true])
})

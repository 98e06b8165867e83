import { expect, test } from 'vitest'
import { createHints } from './hints.ts'
import type { Database } from './session.ts'

/** A database whose notices take until somebody lets them through. */
function slowDatabase() {
  const sent: { readonly payload: string; done(error?: Error): void }[] = []
  const heard: { payload?: (payload: string) => void; left: boolean } = { left: false }
  const unused = () => Promise.reject(new Error('Hints need no statements'))
  const database: Database = {
    kind: 'pglite',
    query: unused,
    read: unused,
    share: unused,
    transaction: unused,
    close: unused,
    listen: async (_, onPayload) => {
      heard.payload = onPayload
      return async () => {
        heard.left = true
      }
    },
    notify: (_, payload) =>
      new Promise((resolve, reject) => {
        sent.push({ payload, done: error => (error ? reject(error) : resolve()) })
      }),
  }
  return { database, sent, heard }
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const notices = (sent: readonly { readonly payload: string }[]) =>
  sent.map(({ payload }) => JSON.parse(payload))

test('while one notice is under way, only the newest head of each tenant waits for the next', async () => {
  const { database, sent } = slowDatabase()
  const hints = await createHints(database, () => {})
  for (let seq = 1; seq <= 100; seq++) hints.send('a', seq)
  hints.send('b', 7)
  expect(notices(sent)).toEqual([{ tenant: 'a', seq: 1 }])
  for (let i = 0; i < 3; i++) {
    sent[i]?.done()
    await turn()
  }
  expect(notices(sent)).toEqual([
    { tenant: 'a', seq: 1 },
    { tenant: 'a', seq: 100 },
    { tenant: 'b', seq: 7 },
  ])
  hints.send('a', 101)
  expect(sent).toHaveLength(4)
})

test('a notice that fails holds up nobody', async () => {
  const { database, sent } = slowDatabase()
  const hints = await createHints(database, () => {})
  hints.send('a', 1)
  hints.send('a', 2)
  sent[0]?.done(new Error('lost'))
  await turn()
  expect(notices(sent)).toEqual([
    { tenant: 'a', seq: 1 },
    { tenant: 'a', seq: 2 },
  ])
})

test('what others send on the channel is heard if it is a hint, and never breaks anything', async () => {
  const { database, heard } = slowDatabase()
  const hints: [string, number][] = []
  await createHints(database, (tenant, seq) => void hints.push([tenant, seq]))
  for (const payload of [
    '',
    'null',
    '[]',
    '{"tenant":1,"seq":1}',
    '{"tenant":"a","seq":"1"}',
    '{"tenant":"a","seq":1.5}',
  ]) {
    heard.payload?.(payload)
  }
  heard.payload?.('{"tenant":"a","seq":3}')
  expect(hints).toEqual([['a', 3]])
})

test('close waits for what is under way, then leaves', async () => {
  const { database, sent, heard } = slowDatabase()
  const hints = await createHints(database, () => {})
  hints.send('a', 1)
  const closing = hints.close()
  await turn()
  expect(heard.left).toBe(false)
  sent[0]?.done()
  await closing
  expect(heard.left).toBe(true)
})

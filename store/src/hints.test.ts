import { expect, test } from 'vitest'
import { createHints, type HintsOptions } from './hints.ts'

/** A database whose notices take until somebody lets them through, and pauses that last until then, too. */
function slowDatabase() {
  const sent: { readonly payload: string; done(error?: Error): void }[] = []
  const heard: { payload?: (payload: string) => void; left: boolean } = { left: false }
  const pauses: (() => void)[] = []
  const database: HintsOptions['database'] = {
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
  const host: HintsOptions['host'] = {
    sleep: (_, signal) =>
      new Promise(resolve => {
        pauses.push(resolve)
        if (signal?.aborted) resolve()
        signal?.addEventListener('abort', () => resolve())
      }),
  }
  const open = (onHint: HintsOptions['onHint'] = () => {}) => createHints({ database, host, onHint })
  return { open, sent, heard, pauses }
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const notices = (sent: readonly { readonly payload: string }[]) =>
  sent.map(({ payload }) => JSON.parse(payload))

test('while one notice is under way, and for a pause, only the newest head of each tenant waits for the next', async () => {
  const { open, sent, pauses } = slowDatabase()
  const hints = await open()
  for (let seq = 1; seq <= 100; seq++) hints.send('a', seq)
  hints.send('b', 7)
  expect(notices(sent)).toEqual([{ heads: [['a', 1]] }])
  sent[0]?.done()
  await turn()
  hints.send('b', 8)
  expect(sent).toHaveLength(1)
  pauses[0]?.()
  await turn()
  expect(notices(sent).slice(1)).toEqual([
    {
      heads: [
        ['a', 100],
        ['b', 8],
      ],
    },
  ])
  sent[1]?.done()
  await turn()
  pauses[1]?.()
  await turn()
  hints.send('a', 101)
  expect(sent).toHaveLength(3)
})

test('what is more than one notice can hold comes in several', async () => {
  const { open, sent, pauses } = slowDatabase()
  const hints = await open()
  hints.send('first', 1)
  const tenants = Array.from({ length: 1_000 }, (_, n) => `tenant-ü-${n}`)
  for (const tenant of tenants) hints.send(tenant, 5)
  for (let i = 0; i < 10; i++) {
    sent[i]?.done()
    await turn()
    pauses[i]?.()
    await turn()
  }
  expect(sent.every(({ payload }) => Buffer.byteLength(payload) < 8_000)).toBe(true)
  const told = notices(sent).flatMap(({ heads }) => heads.map(([tenant]: [string]) => tenant))
  expect(told).toEqual(['first', ...tenants])
})

test('a notice that fails holds up nobody', async () => {
  const { open, sent, pauses } = slowDatabase()
  const hints = await open()
  hints.send('a', 1)
  hints.send('a', 2)
  sent[0]?.done(new Error('lost'))
  await turn()
  pauses[0]?.()
  await turn()
  expect(notices(sent)).toEqual([{ heads: [['a', 1]] }, { heads: [['a', 2]] }])
})

test('what others send on the channel is heard if it is a hint, and never breaks anything', async () => {
  const { open, heard } = slowDatabase()
  const hints: [string, number][] = []
  await open((tenant, seq) => void hints.push([tenant, seq]))
  for (const payload of [
    '',
    'null',
    '[]',
    '{"tenant":"a","seq":1}',
    '{"heads":{"a":1}}',
    '{"heads":[null,1,["a"],[1,1],["a","1"],["a",1.5]]}',
  ]) {
    heard.payload?.(payload)
  }
  expect(hints).toEqual([])
  heard.payload?.('{"heads":[["a",3],["b",4]]}')
  expect(hints).toEqual([
    ['a', 3],
    ['b', 4],
  ])
})

test('close waits for what is under way, not for a pause, then leaves', async () => {
  const { open, sent, heard } = slowDatabase()
  const hints = await open()
  hints.send('a', 1)
  const closing = hints.close()
  await turn()
  expect(heard.left).toBe(false)
  sent[0]?.done()
  await closing
  expect(heard.left).toBe(true)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Packet } from './listener.ts'
import { createOutlet } from './outlet.ts'

const packet = (text: string): Packet => ({ result: {}, text, bytes: text.length })

/** A reader who takes a packet when told to. */
function slow(whole: boolean, limit: number) {
  const got: string[] = []
  const taken: (() => void)[] = []
  let overflows = 0
  const outlet = createOutlet({
    whole,
    limit,
    send: ({ text }) => {
      got.push(text)
      return new Promise(resolve => taken.push(resolve))
    },
    overflow: () => overflows++,
  })
  const take = async () => {
    taken.shift()?.()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { outlet, got, take, overflows: () => overflows }
}

test('a slow reader of a feed gets everything, in order', async () => {
  const { outlet, got, take } = slow(false, 100)
  for (const text of ['a', 'b', 'c']) outlet.push(packet(text))
  let done = false
  outlet.finish(() => (done = true))
  expect(got).toEqual(['a'])
  await take()
  await take()
  expect([got, done]).toEqual([['a', 'b', 'c'], false])
  await take()
  expect(done).toBe(true)
})

test('a slow reader of a live query skips to the newest, however large', async () => {
  const { outlet, got, take, overflows } = slow(true, 2)
  for (const text of ['a', 'b', 'cccc', 'dddd']) outlet.push(packet(text))
  await take()
  expect([got, overflows()]).toEqual([['a', 'dddd'], 0])
})

test('beyond the limit a feed is given up: once, and nothing is kept', async () => {
  const { outlet, got, take, overflows } = slow(false, 3)
  for (const text of ['a', 'bb', 'c', 'd', 'e']) outlet.push(packet(text))
  expect([overflows(), outlet.waiting]).toEqual([1, 0])
  await take()
  expect(got).toEqual(['a'])
})

test('never more bytes wait than allowed, whatever the paces', async () => {
  const steps = fc.array(fc.oneof(fc.constant(null), fc.string({ minLength: 1, maxLength: 20 })), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 20, max: 60 }), fc.boolean(), async (list, limit, whole) => {
      const { outlet, take } = slow(whole, limit)
      for (const step of list) {
        if (step === null) await take()
        else outlet.push(packet(step))
        expect(outlet.waiting).toBeLessThanOrEqual(limit)
      }
    }),
  )
})

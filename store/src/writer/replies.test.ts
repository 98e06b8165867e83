import { expect, test } from 'vitest'
import { createReplies } from './replies.ts'

/** Whoever breathes here waits until somebody lets him go on. */
function setUp() {
  const waiting: (() => void)[] = []
  const replies = createReplies({ breathe: () => new Promise(resolve => waiting.push(resolve)) })
  const given: string[] = []
  const turn = async (): Promise<void> => {
    for (const goOn of waiting.splice(0)) goOn()
    await Promise.resolve()
  }
  const give = (tenant: string, from: number, count: number): void =>
    replies.give(
      tenant,
      Array.from({ length: count }, (_, i) => () => void given.push(`${tenant}${from + i}`)),
    )
  const numbers = (tenant: string) =>
    given.filter(one => one.startsWith(tenant)).map(one => Number(one.slice(tenant.length)))
  return { replies, given, give, turn, numbers, idle: () => waiting.length === 0 }
}

test('a few answers are given at once', () => {
  const { replies, given, give, idle } = setUp()
  give('a', 0, 3)
  expect(given).toEqual(['a0', 'a1', 'a2'])
  expect([replies.left, idle()]).toEqual([0, true])
})

test('many are given as others have their turns: each once, in order', async () => {
  const { replies, give, turn, numbers } = setUp()
  give('a', 0, 1_000)
  expect(numbers('a').length).toBeLessThan(100)
  expect(replies.left).toBe(1_000 - numbers('a').length)
  for (let i = 0; i < 1_000 && replies.left > 0; i++) {
    const before = numbers('a').length
    await turn()
    expect(numbers('a').length - before).toBeLessThan(100)
  }
  expect(numbers('a')).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
})

test('what comes later for a tenant stands behind what it still has to be told', async () => {
  const { replies, give, turn, numbers } = setUp()
  give('a', 0, 200)
  give('a', 200, 1)
  while (replies.left > 0) await turn()
  expect(numbers('a')).toEqual(Array.from({ length: 201 }, (_, i) => i))
})

test('nobody waits for the answers of another tenant', async () => {
  const { replies, give, turn, numbers } = setUp()
  give('flood', 0, 1_000)
  give('quiet', 0, 1)
  expect(numbers('quiet')).toEqual([0])
  give('loud', 0, 1_000)
  await turn()
  await turn()
  expect(numbers('flood').length).toBe(numbers('loud').length)
  while (replies.left > 0) await turn()
  expect([numbers('flood').length, numbers('loud').length]).toEqual([1_000, 1_000])
})

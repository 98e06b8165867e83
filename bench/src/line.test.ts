import { expect, test } from 'vitest'
import { requireEqual } from './equal.ts'
import { judge, table } from './line.ts'
import { alternate, median } from './rounds.ts'

const figure = { bench: 'b', case: 'c', metric: 'changes/s', ours: 30, reference: 2, goal: 15 }

test.each([
  ['a rate as many times the reference as wanted', {}, 15, true],
  ['a rate below that', { ours: 29.9 }, 14.9, false],
  ['a duration shorter than the reference', { metric: 'ms', ours: 2, reference: 3, goal: 1.5 }, 1.5, true],
  ['a duration longer than the reference', { metric: 'ms', ours: 3, reference: 2, goal: 1.5 }, 0.667, false],
  ['a duration alone, short enough', { metric: 'ms', ours: 2_000, reference: null, goal: 2_000 }, null, true],
  ['a duration alone, too long', { metric: 'ms', ours: 2_001, reference: null, goal: 2_000 }, null, false],
  ['a size alone, too large', { metric: 'MB of RSS', ours: 501, reference: null, goal: 500 }, null, false],
  ['a rate alone, high enough', { ours: 5_000, reference: null, goal: 5_000 }, null, true],
  ['a rate alone, too low', { ours: 4_999, reference: null, goal: 5_000 }, null, false],
  ['anything without a goal', { ours: 1, goal: null }, 0.5, true],
  ['what was not measured', { ours: Number.NaN }, Number.NaN, false],
])('%s', (_, change, ratio, ok) => {
  expect(judge({ ...figure, ...change })).toMatchObject({ ratio, ok })
})

test('rounding for print does not decide about a goal', () => {
  expect(judge({ ...figure, ours: 14.999, reference: 1 })).toMatchObject({ ratio: 15, ok: false })
})

test('the table says what was missed', () => {
  const text = table([judge(figure), judge({ ...figure, ours: 2 })])
  expect(text.split('\n').map(line => line.split(/\s+/).at(-1))).toEqual(['goal', 'ok', 'MISSED'])
})

test('medians of an odd and an even number of rounds', () => {
  expect([median([5, 1, 9]), median([4, 1, 2, 9])]).toEqual([5, 3])
})

test('both sides are measured in turns, the first time for nothing', async () => {
  const order: string[] = []
  const side = (name: string, values: number[]) => async () => {
    order.push(name)
    return values.shift() ?? Number.NaN
  }
  const run = { rounds: 3, seconds: 0, wants: () => true, say: () => {} }
  const medians = await alternate(run, 'x', side('ours', [99, 1, 3, 2]), side('reference', [99, 6, 5, 4]))
  expect(medians).toEqual({ ours: 2, reference: 5 })
  expect(order.slice(2)).toEqual(['ours', 'reference', 'reference', 'ours', 'ours', 'reference'])
})

test('unequal answers are refused, with the place', () => {
  expect(() => requireEqual('x', { a: [1, 2] }, { a: [1, 2] })).not.toThrow()
  expect(() => requireEqual('the answer', { a: [1, 2] }, { a: [1, 3] })).toThrow(
    /the answer differs.*2\]\}.*3\]\}/s,
  )
})

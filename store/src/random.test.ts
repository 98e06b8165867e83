import { expect, test } from 'vitest'
import { pooledRandom } from './random.ts'

test('each answer is as long as asked, its own, and unlike all others, over the end of the pool', () => {
  const random = pooledRandom()
  const lengths = [10, 4_090, 10, 4_096, 4_097, 10, 9_999, ...Array.from({ length: 2_000 }, () => 10)]
  const given = lengths.map(length => random(length))
  expect(given.map(({ length }) => length)).toEqual(lengths)
  const texts = given.map(bytes => Buffer.from(bytes).toString('hex'))
  expect(new Set(texts).size).toBe(texts.length)
  expect(texts.every(text => /[1-9a-f]/.test(text))).toBe(true)
})

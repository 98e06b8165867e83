import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactSum, sumNumber, sumText } from './sum.ts'

test.each<readonly [readonly string[], number, string]>([
  [[], 0, '0'],
  [['9223372036854775807', '9223372036854775807'], 0, '18446744073709551614'],
  [['0.10', '0.20', '-0.35'], 2, '-0.05'],
  [['-0.05'], 2, '-0.05'],
  [['1e-7', '2.5e+3', '-1E2'.toLowerCase()], 7, '2400.0000001'],
  [['5', '-5'], 3, '0.000'],
])('%j with %i places is %s', (numbers, places, text) => {
  expect(sumText(exactSum(numbers), places)).toBe(text)
})

test.each<readonly [readonly number[], number | null]>([
  [[0.1, 0.2, -0.3], 0],
  [[0.1, 0.2], 0.3],
  [[1e300, 1, -1e300], 1],
  [[1.7e308, 1.7e308], null],
  [[-1.7e308, -1.7e308], null],
  [[1.7976931348623157e308], 1.7976931348623157e308],
  [[5e-324], 0],
  [[1e-300], 1e-300],
])('the sum of %j as a double is %s', (numbers, sum) => {
  expect(sumNumber(exactSum(numbers.map(String)))).toBe(sum)
})

test('a sum does not depend on the order', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 })
        .chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        expect(sumNumber(exactSum(shuffled.map(String)))).toBe(sumNumber(exactSum(list.map(String))))
      },
    ),
    { numRuns: 300 },
  )
})

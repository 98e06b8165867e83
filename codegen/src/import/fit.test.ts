import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { expect, test } from 'vitest'
import { fit } from './fit.ts'

const decimal: TypeIR = { kind: 'scalar', scalar: 'decimal', scale: 2 }
const json: TypeIR = { kind: 'scalar', scalar: 'json' }
const fitted = (type: TypeIR, value: Json, textual = false) => {
  const field: FieldIR = {
    name: 'f',
    number: 1,
    crdt: 'register',
    type,
    optional: false,
    once: false,
    graphql: {},
  }
  const result = fit(field, value, textual)
  return result.kind === 'value' ? result.value : result.code
}

test.each<[Json, Json]>([
  ['12.5', '12.50'],
  [12.5, '12.50'],
  [0.99, '0.99'],
  [-0, '0.00'],
  [7, '7.00'],
  [12345678901234.5, '12345678901234.50'],
  // The writer refuses these, as it does for everybody.
  [0.123, '0.123'],
  ['1,5', '1,5'],
  [true, true],
  // Nobody knows which digits the file had.
  [0.1234567890123456, 'PRECISION_LOST'],
  [1234567890123456.8, 'PRECISION_LOST'],
])('the decimal %j is %j', (given, expected) => {
  expect(fitted(decimal, given)).toBe(expected)
})

test('json is taken as it is, and from CSV as its text says', () => {
  expect(JSON.stringify(fitted(json, { b: 1, a: [] }))).toBe('{"a":[],"b":1}')
  expect(fitted(json, '{"a":1}')).toBe('{"a":1}')
  expect(fitted(json, '{"a":1}', true)).toEqual({ a: 1 })
  expect(fitted(json, 'plain', true)).toBe('plain')
})

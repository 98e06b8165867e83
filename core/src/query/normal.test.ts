import { expect, test } from 'vitest'
import { checkExpression } from './check.ts'
import type { Expression, Operand } from './expression.ts'
import { films } from './films.suite.ts'
import { normalExpression } from './normal.ts'

const at = (...path: string[]): Operand => ({ kind: 'path', path })
const value = (constant: string): Operand => ({ kind: 'value', value: constant })
const normal = (entity: string, expression: Expression) => normalExpression(films, entity, expression)

test('constants take the one form of the field they meet, on either side and behind relations', () => {
  const given: Expression = {
    kind: 'and',
    of: [
      { kind: 'lt', left: at('budget'), right: value('12.5') },
      { kind: 'lt', left: value('1'), right: at('share') },
      { kind: 'in', left: at('budget'), values: ['1', '2.00'] },
      {
        kind: 'some',
        path: ['reviews'],
        where: { kind: 'eq', left: at('film', 'budget'), right: value('-0') },
      },
      { kind: 'eq', left: at('addedAt'), right: value('2026-11-21T10:00:00+01:00') },
    ],
  }
  const expected: Expression = {
    kind: 'and',
    of: [
      { kind: 'lt', left: at('budget'), right: value('12.50') },
      { kind: 'lt', left: value('1.0000'), right: at('share') },
      { kind: 'in', left: at('budget'), values: ['1.00', '2.00'] },
      {
        kind: 'some',
        path: ['reviews'],
        where: { kind: 'eq', left: at('film', 'budget'), right: value('0.00') },
      },
      { kind: 'eq', left: at('addedAt'), right: value('2026-11-21T09:00:00.000Z') },
    ],
  }
  expect(normal('Film', given)).toEqual(expected)
  expect(checkExpression(films, 'Film', expected)).toEqual([])
})

test('what fits no field stays as it is, for the check to refuse', () => {
  const cases: readonly Expression[] = [
    { kind: 'eq', left: at('budget'), right: value('1.234') },
    { kind: 'eq', left: at('nowhere'), right: value('1') },
    { kind: 'some', path: ['nowhere'], where: { kind: 'or', of: [] } },
  ]
  for (const one of cases) {
    expect(normal('Film', one)).toEqual(one)
    expect(checkExpression(films, 'Film', one)).toHaveLength(1)
  }
})

test.each<Expression>([
  { kind: 'lt', left: at('cover'), right: value('AA') },
  { kind: 'contains', left: at('cover'), text: 'A' },
  { kind: 'eq', left: at('facts'), right: value('x') },
  { kind: 'in', left: at('facts'), values: ['x'] },
  { kind: 'contains', left: at('facts'), text: 'x' },
])('bytes and json have no such operator: %j', expression => {
  expect(checkExpression(films, 'Film', expression)).toMatchObject([{ code: 'BAD_OPERAND' }])
})

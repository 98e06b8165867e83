import fc from 'fast-check'
import { expect, test } from 'vitest'
import { predicate } from './evaluate.ts'
import { expressions } from './expression.suite.ts'
import type { Expression } from './expression.ts'
import { films, fixtures, lookupOf } from './films.suite.ts'
import { negate } from './negate.ts'

const year = { kind: 'path', path: ['year'] } as const
const some: Expression = { kind: 'some', path: ['tags'], where: { kind: 'eq', left: year, right: year } }

test('negation is its own inverse', () => {
  fc.assert(
    fc.property(expressions('Film', 4), expression => {
      expect(negate(negate(expression))).toEqual(expression)
    }),
    { numRuns: 1000 },
  )
})

test('where every operand is there, the negation is the complement', () => {
  let seen = 0
  fc.assert(
    fc.property(fixtures, expressions('Film'), (fixture, expression) => {
      const lookup = lookupOf(fixture)
      for (const row of fixture.rows.Film ?? []) {
        const holds = predicate(films, 'Film', expression)(row, lookup)
        const opposite = predicate(films, 'Film', negate(expression))(row, lookup)
        if (!meetsNull(expression)) {
          seen++
          expect(opposite).toBe(!holds)
        }
      }
    }),
    { numRuns: 1000 },
  )
  expect(seen).toBeGreaterThan(100)
})

test('a null operand makes an operator and its negation false', () => {
  const row = { id: 'film_0', year: null }
  const operators: readonly Expression[] = [
    { kind: 'eq', left: year, right: { kind: 'value', value: 1 } },
    { kind: 'gte', left: year, right: { kind: 'value', value: 1 } },
    { kind: 'in', left: year, values: [] },
    { kind: 'contains', left: { kind: 'path', path: ['title'] }, text: '' },
    { kind: 'has', left: { kind: 'path', path: ['director', 'name'] }, element: 'a' },
    { kind: 'some', path: ['director', 'directed'], where: { kind: 'and', of: [] } },
  ]
  for (const expression of operators) {
    expect(
      [expression, negate(expression)].map(each =>
        predicate(films, 'Film', each)(row, lookupOf({ rows: {}, edges: {} })),
      ),
    ).toEqual([false, false])
  }
})

test.each<readonly [Expression, Expression]>([
  [
    { kind: 'and', of: [] },
    { kind: 'or', of: [] },
  ],
  [some, { ...some, kind: 'none' }],
  [
    { kind: 'lt', left: year, right: year },
    { kind: 'gte', left: year, right: year },
  ],
  [
    { kind: 'gt', left: year, right: year },
    { kind: 'lte', left: year, right: year },
  ],
  [
    { kind: 'isNull', left: year },
    { kind: 'isNotNull', left: year },
  ],
])('%j becomes %j', (expression, negated) => {
  expect(negate(expression)).toEqual(negated)
})

/** Fields that are never null, on rows that are always there. */
const ALWAYS = new Set(['id', 'title', 'seen', 'likes', 'moods', 'text', 'stars', 'name', 'film', 'url'])

function meetsNull(expression: Expression): boolean {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.of.some(meetsNull)
    case 'some':
    case 'none':
      // The condition inside is not negated, so nulls there do no harm.
      return expression.path.length > 1
    case 'isNull':
    case 'isNotNull':
      return false
    default: {
      const operands = 'right' in expression ? [expression.left, expression.right] : [expression.left]
      return operands.some(
        operand =>
          operand.kind === 'path' && !(operand.path.length === 1 && ALWAYS.has(operand.path[0] ?? '')),
      )
    }
  }
}

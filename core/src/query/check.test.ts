import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { formatProblem } from '../problem.ts'
import { checkExpression, checkQuery, checkShape, LIST_LIMIT } from './check.ts'
import { expressions, orders } from './expression.suite.ts'
import { type Expression, type Operand, TRUE } from './expression.ts'
import { films } from './films.suite.ts'
import { totalOrder } from './order.ts'
import type { Query } from './query.ts'

const at = (...path: string[]): Operand => ({ kind: 'path', path })
const value = (value: Json): Operand => ({ kind: 'value', value })
const eq = (left: Operand, right: Operand): Expression => ({ kind: 'eq', left, right })
const problemsOf = (expression: Expression) =>
  checkExpression(films, 'Film', expression).map(({ code, path }) => `${code} ${path.join('.')}`)

test('sound expressions have no problem', () => {
  fc.assert(
    fc.property(expressions('Film', 4), expression => {
      expect(checkExpression(films, 'Film', expression)).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test.each<readonly [Expression, string]>([
  [eq(at('nope'), value(1)), 'UNKNOWN_FIELD left.path.0'],
  [eq(at(), value(1)), 'UNKNOWN_FIELD left.path.0'],
  [eq(at('director', 'nope'), value(1)), 'UNKNOWN_FIELD left.path.1'],
  [eq(at('title', 'length'), value(1)), 'UNKNOWN_FIELD left.path.0'],
  [eq(at('reviews', 'stars'), value(1)), 'UNKNOWN_FIELD left.path.0'],
  [eq(at('reviews'), value(1)), 'UNKNOWN_FIELD left.path.0'],
  [eq(at('poster'), value('poster_1')), 'UNKNOWN_FIELD left.path.0'],
  [{ kind: 'some', path: ['poster'], where: TRUE }, 'UNKNOWN_FIELD path.0'],
  [{ kind: 'some', path: ['reviews', 'film'], where: TRUE }, 'UNKNOWN_FIELD path.0'],
  [{ kind: 'none', path: ['tags'], where: eq(at('year'), value(1)) }, 'UNKNOWN_FIELD where.left.path.0'],
  [{ kind: 'and', of: [TRUE, eq(at('year'), value('1'))] }, 'BAD_VALUE of.1.right'],
  [eq(at('year'), value(2 ** 31)), 'BAD_VALUE right'],
  [eq(at('rating'), value('X')), 'BAD_VALUE right'],
  [eq(at('gross'), value(1)), 'BAD_VALUE right'],
  [eq(at('director'), value('no id')), 'BAD_VALUE right'],
  [eq(at('addedAt'), value('2026-11-21T10:00:00Z')), 'BAD_VALUE right'],
  [eq(value('2026-02-30'), at('released')), 'BAD_VALUE left'],
  [eq(at('year'), value(null)), 'NULL_COMPARISON right'],
  [{ kind: 'notIn', left: at('year'), values: [1, null] }, 'NULL_COMPARISON values.1'],
  [{ kind: 'in', left: at('year'), values: [1, '2'] }, 'BAD_VALUE values.1'],
  [{ kind: 'in', left: at('moods'), values: ['a'] }, 'BAD_OPERAND left'],
  [{ kind: 'contains', left: at('year'), text: '1' }, 'BAD_OPERAND left'],
  [{ kind: 'contains', left: at('moods'), text: '1' }, 'BAD_OPERAND left'],
  [{ kind: 'contains', left: at('title'), text: 'a\0' }, 'BAD_VALUE text'],
  [{ kind: 'has', left: at('title'), element: 'a' }, 'BAD_OPERAND left'],
  [{ kind: 'has', left: at('moods'), element: 1 }, 'BAD_VALUE element'],
  [{ kind: 'hasNot', left: at('moods'), element: null }, 'NULL_COMPARISON element'],
  [{ kind: 'isNull', left: value(1) }, 'BAD_OPERAND left'],
  [eq(at('moods'), value('a')), 'BAD_OPERAND left'],
  [eq(value(1), value(1)), 'BAD_OPERAND '],
  [eq(at('title'), at('year')), 'BAD_OPERAND '],
  [eq(at('gross'), at('year')), 'BAD_OPERAND '],
])('%j: %s', (expression, expected) => {
  expect(problemsOf(expression)).toEqual([expected])
})

test('text, ids and enums compare with each other, and so do int and float', () => {
  expect(problemsOf(eq(at('title'), at('rating')))).toEqual([])
  expect(problemsOf(eq(at('director'), at('id')))).toEqual([])
  expect(problemsOf(eq(at('year'), at('score')))).toEqual([])
  expect(problemsOf(eq(at('gross'), at('likes')))).toEqual([])
})

describe('size', () => {
  const nested = (depth: number): Expression =>
    depth === 1 ? TRUE : { kind: 'and', of: [nested(depth - 1)] }

  test('depth', () => {
    expect(problemsOf(nested(50))).toEqual([])
    expect(problemsOf(nested(51)).map(text => text.split(' ')[0])).toEqual(['TOO_DEEP'])
  })

  test('depth through relations', () => {
    let expression: Expression = TRUE
    for (let i = 0; i < 50; i++)
      expression = { kind: 'some', path: [i % 2 ? 'tags' : 'films'], where: expression }
    expect(problemsOf(expression)[0]).toMatch('TOO_DEEP')
  })

  test('nodes, said once', () => {
    const or = (count: number): Expression => ({ kind: 'or', of: Array.from({ length: count }, () => TRUE) })
    expect(problemsOf(or(999))).toEqual([])
    expect(problemsOf(or(1010)).map(text => text.split(' ')[0])).toEqual(['TOO_LARGE'])
  })

  test('paths, and their steps count as nodes', () => {
    const path = (length: number): Operand =>
      at(...Array.from({ length: length - 1 }, (_, i) => (i % 2 ? 'film' : 'poster')), 'id')
    expect(problemsOf({ kind: 'isNull', left: path(10) })).toEqual([])
    expect(problemsOf({ kind: 'isNull', left: path(11) })).toEqual(['TOO_DEEP '])
    const many = (count: number): Expression => ({
      kind: 'or',
      of: Array.from({ length: count }, (): Expression => ({ kind: 'isNull', left: path(10) })),
    })
    expect(problemsOf(many(99))).toEqual([])
    expect(problemsOf(many(100))).toEqual(['TOO_LARGE of.99'])
  })

  test('lists', () => {
    const list = (length: number): Expression => ({
      kind: 'in',
      left: at('year'),
      values: Array.from({ length }, (_, i) => i),
    })
    expect(problemsOf(list(LIST_LIMIT))).toEqual([])
    expect(problemsOf(list(LIST_LIMIT + 1))).toEqual(['TOO_LARGE values'])
  })
})

describe('queries', () => {
  const query: Query = {
    entity: 'Film',
    fields: ['title'],
    order: totalOrder([{ path: ['year'], direction: 'asc' }]),
  }
  const wide = (length: number): Query['order'] =>
    Array.from({ length }, (_, i) => ({ path: [`field${i}`], direction: 'asc' }))
  const codes = (more: Partial<Query>) =>
    checkQuery(films, { ...query, ...more }).map(({ code, path }) => `${code} ${path.join('.')}`)

  test('sound ones have no problem', () => {
    fc.assert(
      fc.property(expressions('Film'), orders('Film'), (where, order) => {
        expect(checkQuery(films, { ...query, where, order, limit: 0 })).toEqual([])
      }),
    )
    expect(
      codes({ after: [null, 'film_1'], under: { entity: 'Tag', relation: 'films', ids: ['tag_1'] } }),
    ).toEqual([])
    expect(codes({ under: { entity: 'Person', relation: 'directed', ids: [] } })).toEqual([])
  })

  test.each<readonly [Partial<Query>, string]>([
    [{ entity: 'Nope' }, 'UNKNOWN_ENTITY entity'],
    [{ fields: ['nope'] }, 'UNKNOWN_FIELD fields.nope'],
    [{ fields: ['reviews'] }, 'UNKNOWN_FIELD fields.reviews'],
    [{ where: eq(at('nope'), value(1)) }, 'UNKNOWN_FIELD where.left.path.0'],
    [{ order: [] }, 'BAD_ORDER order'],
    [{ order: [{ path: ['year'], direction: 'asc' }] }, 'BAD_ORDER order'],
    [{ order: totalOrder([{ path: ['nope'], direction: 'asc' }]) }, 'UNKNOWN_FIELD order.0.path.0'],
    [{ order: totalOrder([{ path: ['moods'], direction: 'asc' }]) }, 'BAD_OPERAND order.0'],
    [{ order: totalOrder(wide(32)) }, 'TOO_LARGE order'],
    [
      { order: totalOrder([{ path: [...Array(10).fill('film'), 'id'], direction: 'asc' }]) },
      'TOO_DEEP order.0',
    ],
    [{ after: ['film_1'] }, 'BAD_CURSOR after'],
    [{ after: ['1999', 'film_1'] }, 'BAD_CURSOR after'],
    [{ after: [1999, 'nonsense'] }, 'BAD_CURSOR after'],
    [{ limit: -1 }, 'BAD_LIMIT limit'],
    [{ limit: 1.5 }, 'BAD_LIMIT limit'],
    [{ under: { entity: 'Nope', relation: 'films', ids: [] } }, 'BAD_RELATION under'],
    [{ under: { entity: 'Film', relation: 'tags', ids: [] } }, 'BAD_RELATION under'],
    [
      {
        under: {
          entity: 'Tag',
          relation: 'films',
          ids: Array.from({ length: LIST_LIMIT + 1 }, () => 'tag_1'),
        },
      },
      'TOO_LARGE under.ids',
    ],
  ])('%#: %j', (more, expected) => {
    expect(codes(more)).toEqual([expected])
  })

  test('a counter may have outgrown what filters may say', () => {
    expect(
      codes({
        order: totalOrder([{ path: ['likes'], direction: 'asc' }]),
        after: ['9223372036854775808', 'film_1'],
      }),
    ).toEqual([])
  })
})

test('messages say what to do', () => {
  const [problem] = checkExpression(films, 'Film', eq(at('addedAt'), value('2026-11-21T10:00:00Z')), [
    'where',
  ])
  expect(problem && formatProblem(problem)).toBe(
    'BAD_VALUE at where.right: "2026-11-21T10:00:00Z" must be written as "2026-11-21T10:00:00.000Z"',
  )
})

test('a shape asks nothing of computed fields, wherever they stand', () => {
  const crowded: Expression = {
    kind: 'gt',
    left: { kind: 'path', path: ['crowd'] },
    right: { kind: 'value', value: 1 },
  }
  const shapes: readonly (readonly [string, Expression])[] = [
    ['Film', crowded],
    ['Film', { kind: 'or', of: [{ kind: 'isNull', left: { kind: 'path', path: ['lead'] } }] }],
    ['Review', { ...crowded, left: { kind: 'path', path: ['about#Film', 'crowd'] } }],
    ['Person', { kind: 'some', path: ['directed'], where: crowded }],
  ]
  for (const [entity, where] of shapes) {
    expect(checkExpression(films, entity, where)).toEqual([])
    expect(checkShape(films, entity, where).map(({ code }) => code)).toEqual(['COMPUTED_FILTER'])
  }
  const stored: Expression = { ...crowded, left: { kind: 'path', path: ['year'] } }
  expect(checkShape(films, 'Film', stored)).toEqual([])
})

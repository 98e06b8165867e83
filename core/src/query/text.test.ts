import { expect, test } from 'vitest'
import { notes } from '../ir/notes.fixture.ts'
import { checkExpression, checkQuery, checkShape } from './check.ts'
import { predicate } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { stateOf, textOfState } from './query.ts'

const contains = (path: string[]): Expression => ({
  kind: 'contains',
  left: { kind: 'path', path },
  text: 'x',
})
const codes = (expression: Expression) =>
  checkShape(notes, 'Note', expression).map(({ code, path }) => `${code} ${path.join('.')}`.trim())

test('a list may ask what a text says, a feed may not, however deep it asks', () => {
  const asked: readonly Expression[] = [
    contains(['body']),
    contains(['parent', 'body']),
    { kind: 'or', of: [contains(['title']), { kind: 'and', of: [contains(['summary'])] }] },
    { kind: 'some', path: ['children'], where: contains(['body']) },
    {
      kind: 'eq',
      left: { kind: 'path', path: ['title'] },
      right: { kind: 'path', path: ['body'] },
    },
  ]
  for (const expression of asked) {
    expect(checkExpression(notes, 'Note', expression)).toEqual([])
    expect(codes(expression)).toEqual(['TEXT_FILTER'])
  }
  expect(codes(contains(['title']))).toEqual([])
  expect(codes({ kind: 'some', path: ['children'], where: contains(['title']) })).toEqual([])
  expect(codes(contains(['nope']))).toEqual(['UNKNOWN_FIELD left.path.0'])
})

test('texts have no order; their states can be read and not asked', () => {
  const id = { path: ['id'], direction: 'asc' } as const
  const query = { entity: 'Note', fields: ['body', stateOf('body')], order: [id] }
  expect(checkQuery(notes, query)).toEqual([])
  expect(checkQuery(notes, { ...query, order: [{ path: ['body'], direction: 'asc' }, id] })).toMatchObject([
    { code: 'BAD_OPERAND', path: ['order', '0'] },
  ])
  expect(checkQuery(notes, { ...query, fields: [stateOf('title')] })).toMatchObject([
    { code: 'UNKNOWN_FIELD' },
  ])
  expect(checkExpression(notes, 'Note', contains([stateOf('body')]))).toMatchObject([
    { code: 'UNKNOWN_FIELD' },
  ])
  expect([textOfState(stateOf('body')), textOfState('body')]).toEqual(['body', null])
})

test('a row in memory is asked what its text says', () => {
  const holds = predicate(notes, 'Note', contains(['body']))
  const none = { row: () => null, related: () => [] }
  expect(holds({ id: 'note_a', body: 'a x b' }, none)).toBe(true)
  expect(holds({ id: 'note_a', body: '' }, none)).toBe(false)
})

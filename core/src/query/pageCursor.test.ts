import { expect, test } from 'vitest'
import { encodeText } from '../base64url.ts'
import { type Expression, TRUE } from './expression.ts'
import { totalOrder } from './order.ts'
import { decodePageCursor, encodePageCursor, pageBinding } from './pageCursor.ts'

const where: Expression = {
  kind: 'eq',
  left: { kind: 'path', path: ['year'] },
  right: { kind: 'value', value: 1999 },
}
const order = totalOrder([{ path: ['year'], direction: 'desc' }])
const list = { entity: 'Film', where, order, tenant: 'main' }
const binding = pageBinding(list)
const key = [1999, 'film_1']
const problemOf = (text: string) => decodePageCursor(text, binding)

test('golden: the format is a decision', () => {
  expect(binding).toBe('9183c86a2d96d108')
  expect(encodePageCursor(binding, key)).toBe('p1.WyI5MTgzYzg2YTJkOTZkMTA4IiwxOTk5LCJmaWxtXzEiXQ')
})

test('a key comes back as it went in', () => {
  const values = [null, true, -1.5, '', '\u{1f600}', 'film_1']
  expect(decodePageCursor(encodePageCursor(binding, values), binding)).toEqual(values)
})

test.each([
  ['entity', { ...list, entity: 'Person' }],
  ['filter', { ...list, where: TRUE }],
  ['order', { ...list, order: totalOrder([{ path: ['year'], direction: 'asc' }]) }],
  ['tenant', { ...list, tenant: 'other' }],
  ['relation', { ...list, relation: 'Person.directed' }],
])('a cursor of another %s is refused', (_, other) => {
  const problem = decodePageCursor(encodePageCursor(pageBinding(other), key), binding)
  expect(problem).toMatchObject({
    code: 'BAD_CURSOR',
    path: ['after'],
    message: expect.stringContaining('another filter'),
  })
})

test('the order of members does not matter to the binding', () => {
  expect(pageBinding({ tenant: 'main', order, where, entity: 'Film' })).toBe(binding)
})

test.each([
  ['a log position', 'c1.eyJsb2ciOiJsb2ctMSIsInNlcXMiOnsibWFpbiI6NDJ9fQ', 'log position'],
  ['anything else', 'hello', 'no page cursor'],
  ['nothing', '', 'no page cursor'],
  ['another version', 'p2.W10', 'no page cursor'],
  ['cut text', encodePageCursor(binding, key).slice(0, -1), 'damaged'],
  ['text behind', `${encodePageCursor(binding, key)}A`, 'damaged'],
  ['no list', `p1.${encodeText('{}')}`, 'damaged'],
  ['no JSON', `p1.${encodeText('[')}`, 'damaged'],
  ['another spelling of the same', `p1.${encodeText(`["${binding}", 1]`)}`, 'damaged'],
  ['an empty list', `p1.${encodeText('[]')}`, 'another filter'],
])('%s is refused and named', (_, text, words) => {
  expect(problemOf(text)).toMatchObject({ code: 'BAD_CURSOR', message: expect.stringContaining(words) })
})

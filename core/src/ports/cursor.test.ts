import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeText } from '../base64url.ts'
import { encodePageCursor } from '../query/pageCursor.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

const cursorOf = (content: string) => `c1.${encodeText(content)}`

test('golden: the format is a decision', () => {
  expect(encodeCursor({ log: 'log-1', seqs: { main: 42 } })).toBe(
    'c1.eyJsb2ciOiJsb2ctMSIsInNlcXMiOnsibWFpbiI6NDJ9fQ',
  )
  expect(encodeCursor({ seqs: { main: 7, acme: 1 }, log: 'l' })).toBe(
    cursorOf('{"log":"l","seqs":{"acme":1,"main":7}}'),
  )
})

test('every position comes back as it went in', () => {
  const tenant = fc.string({ minLength: 1, maxLength: 20 }).filter(name => name !== '__proto__')
  const seqs = fc.dictionary(tenant, fc.maxSafeNat(), { minKeys: 1, maxKeys: 2, noNullPrototype: true })
  fc.assert(
    fc.property(
      fc.record({ log: fc.string({ minLength: 1 }), seqs }, { noNullPrototype: true }),
      position => {
        expect(decodeCursor(encodeCursor(position))).toEqual(position)
      },
    ),
  )
})

test('a page cursor given as since is recognised', () => {
  expect(decodeCursor(encodePageCursor('0123456789abcdef', ['film_1']))).toEqual({
    code: 'BAD_CURSOR',
    path: ['since'],
    message: expect.stringContaining('This is a page cursor'),
  })
})

test.each([
  ['nothing', '', 'no cursor'],
  ['a number', '42', 'no cursor'],
  ['another version', 'c2.e30', 'no cursor'],
  ['no base64url', 'c1.***', 'damaged'],
  ['padding', `${encodeCursor({ log: 'l', seqs: { main: 1 } })}=`, 'damaged'],
  ['no JSON', cursorOf('{'), 'damaged'],
  ['no object', cursorOf('null'), 'damaged'],
  ['a list', cursorOf('[1,2]'), 'damaged'],
  ['no seqs', cursorOf('{"log":"l"}'), 'damaged'],
  ['no log', cursorOf('{"seqs":{"main":1}}'), 'damaged'],
  ['an empty log', cursorOf('{"log":"","seqs":{"main":1}}'), 'damaged'],
  ['no tenant', cursorOf('{"log":"l","seqs":{}}'), 'damaged'],
  ['three tenants', cursorOf('{"log":"l","seqs":{"a":1,"b":2,"c":3}}'), 'damaged'],
  ['a nameless tenant', cursorOf('{"log":"l","seqs":{"":1}}'), 'damaged'],
  ['a prototype', cursorOf('{"log":"l","seqs":{"__proto__":1}}'), 'damaged'],
  ['an object as prototype', cursorOf('{"log":"l","seqs":{"__proto__":{"main":1}}}'), 'damaged'],
  ['one member more', cursorOf('{"log":"l","more":1,"seqs":{"main":1}}'), 'damaged'],
  ['a fraction', cursorOf('{"log":"l","seqs":{"main":1.5}}'), 'damaged'],
  ['a negative seq', cursorOf('{"log":"l","seqs":{"main":-1}}'), 'damaged'],
  ['an unsafe seq', cursorOf('{"log":"l","seqs":{"main":9007199254740992}}'), 'damaged'],
  ['a seq as text', cursorOf('{"log":"l","seqs":{"main":"1"}}'), 'damaged'],
  ['blanks', cursorOf('{"log":"l", "seqs":{"main":1}}'), 'damaged'],
  ['members out of order', cursorOf('{"seqs":{"main":1},"log":"l"}'), 'damaged'],
  ['a member twice', cursorOf('{"log":"l","log":"l","seqs":{"main":1}}'), 'damaged'],
])('%s is refused', (_, text, words) => {
  expect(decodeCursor(text)).toMatchObject({ code: 'BAD_CURSOR', message: expect.stringContaining(words) })
})

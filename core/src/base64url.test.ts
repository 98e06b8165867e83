import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeText, encodeText } from './base64url.ts'

test('writes what every other base64url encoder writes, and reads it back', () => {
  const character = fc
    .integer({ min: 0, max: 0x10f7ff })
    .map(n => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
  fc.assert(
    fc.property(fc.string({ unit: character }), text => {
      const encoded = encodeText(text)
      expect(encoded).toBe(Buffer.from(text).toString('base64url'))
      expect(decodeText(encoded)).toBe(text)
    }),
    { numRuns: 1000 },
  )
})

test('reads only what it would have written', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AQgwZz09-_=+/ \u00e9'), maxLength: 9 }), encoded => {
      const text = decodeText(encoded)
      if (text !== null) expect(encodeText(text)).toBe(encoded)
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['padding', 'QQ=='],
  ['one character too many', 'QUJDR'],
  ['bits left over', 'QR'],
  ['the other alphabet', '+/+/'],
  ['half a character of UTF-8', '4pg'],
  ['a surrogate in UTF-8', '7aCA'],
])('refuses %s', (_, encoded) => {
  expect(decodeText(encoded)).toBeNull()
})

test('keeps a byte order mark', () => {
  expect(decodeText(encodeText('\ufeffa'))).toBe('\ufeffa')
})

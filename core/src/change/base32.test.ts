import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base32, decode128, digits, encode128 } from './base32.ts'

const wide = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('encode128', () => {
  test.each([
    [new Uint8Array(16), '0'.repeat(26)],
    [new Uint8Array(16).fill(255), `7${'Z'.repeat(25)}`],
    [Uint8Array.from({ length: 16 }, (_, i) => i), '00041061050R3GG28A1C60T3GF'],
  ])('%o is %s', (bytes, text) => {
    expect(encode128(bytes)).toBe(text)
    expect(decode128(text)).toEqual(bytes)
  })

  test('reads as the same big number, five bits a digit', () => {
    fc.assert(
      fc.property(wide, bytes => {
        const hex = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
        const value = [...encode128(bytes)].reduce(
          (sum, char) => sum * 32n + BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(char)),
          0n,
        )
        expect(value).toBe(hex)
      }),
    )
  })

  test('comes back, and sorts as its bytes do', () => {
    fc.assert(
      fc.property(wide, wide, (a, b) => {
        expect(decode128(encode128(a))).toEqual(a)
        expect(Math.sign(Buffer.compare(a, b))).toBe(compare(encode128(a), encode128(b)))
      }),
    )
  })

  test('takes 16 bytes only', () => {
    expect(() => encode128(new Uint8Array(15))).toThrow(RangeError)
    expect(() => encode128(new Uint8Array(17))).toThrow(RangeError)
  })
})

test.each([
  ['', 'nothing'],
  ['0'.repeat(25), 'too short'],
  ['0'.repeat(27), 'too long'],
  [`8${'0'.repeat(25)}`, 'more than 128 bits'],
  [`0${'z'.repeat(25)}`, 'lower case'],
  [`0${'I'.repeat(25)}`, 'a letter that Crockford left out'],
  [`${'0'.repeat(25)}U`, 'another one, at the end'],
  [`${'0'.repeat(25)}é`, 'beyond ASCII'],
  [`${'0'.repeat(25)}\n`, 'a line break'],
  [`${'0'.repeat(12)}-${'0'.repeat(13)}`, 'a dash'],
])('decode128 refuses %j: %s', text => {
  expect(decode128(text)).toBe(null)
})

test('base32 without a lead reads from the first bit and drops the last ones', () => {
  expect(base32(Uint8Array.of(0b00001_000, 0b10_00011_0))).toBe('123')
  expect(base32(new Uint8Array(32).fill(255))).toBe('Z'.repeat(51))
})

test('digits writes numbers up to 2^53 with leading zeros', () => {
  expect(digits(0, 3)).toBe('000')
  expect(digits(2 ** 48 - 1, 10)).toBe('7ZZZZZZZZZ')
  expect(digits(32, 2)).toBe('10')
})

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

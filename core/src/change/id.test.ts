import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, type Json } from '../json.ts'
import { MAX_MS } from './clock.ts'
import { edgeKey, keyId, parseEdgeKey, parseId, randomId } from './id.ts'

const zeros = (count: number) => new Uint8Array(count)
const ten = fc.uint8Array({ minLength: 10, maxLength: 10 })

describe('a random id', () => {
  test('is the time and 80 random bits, in lower case', () => {
    expect(randomId('post', 0, zeros)).toBe('post_00000000000000000000000000')
    expect(randomId('post', MAX_MS, count => new Uint8Array(count).fill(255))).toBe(
      'post_7zzzzzzzzzzzzzzzzzzzzzzzzz',
    )
    expect(
      randomId('post', 1_700_000_000_000.7, count => Uint8Array.from({ length: count }, (_, i) => i)),
    ).toBe('post_01hf7yat00000g40r40m30e209')
  })

  test('sorts by time, whatever chance gives', () => {
    const ms = fc.integer({ min: 0, max: MAX_MS })
    fc.assert(
      fc.property(ms, ms, ten, ten, (a, b, low, high) => {
        fc.pre(a !== b)
        expect(randomId('x', a, () => low) < randomId('x', b, () => high)).toBe(a < b)
      }),
    )
  })

  test('uses every random bit: other chance, other id', () => {
    fc.assert(
      fc.property(ten, fc.nat(79), (bytes, bit) => {
        const other = Uint8Array.from(bytes)
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(randomId('x', 5, () => bytes)).not.toBe(randomId('x', 5, () => other))
      }),
    )
  })

  test('needs a time of 48 bits and a source that gives enough', () => {
    for (const time of [-1, MAX_MS + 1, Number.NaN])
      expect(() => randomId('x', time, zeros)).toThrow(RangeError)
    expect(() => randomId('x', 0, () => new Uint8Array(8))).toThrow(RangeError)
  })
})

describe('the id of a natural key', () => {
  test.each<[readonly Json[], string]>([
    [['1'], 'artist_1'],
    [[1], 'artist_1'],
    [[-7], 'artist_-7'],
    [['AC-DC'], 'artist_AC-DC'],
    [['a'.repeat(64)], `artist_${'a'.repeat(64)}`],
    // Upper-case ULIDs are no hashes of ours.
    [['01J8C0G1860W40J2GB1G6GW3RG'], 'artist_01J8C0G1860W40J2GB1G6GW3RG'],
  ])('of %j is verbatim', (values, id) => {
    expect(keyId('artist', values)).toBe(id)
  })

  test.each<[string, readonly Json[]]>([
    ['empty text', ['']],
    ['text that is too long', ['a'.repeat(65)]],
    ['other characters', ['a b']],
    ['an underscore', ['a_b']],
    ['a line break behind it', ['a\n']],
    ['letters beyond ASCII', ['é']],
    ['a fraction', [1.5]],
    ['a number with an exponent', [1e21]],
    ['a boolean', [true]],
    ['null', [null]],
    ['several values', ['a', 'b']],
    ['text in the form of a hash', ['01j8c0g1860w40j2gb1g6gw3rg']],
  ])('of %s is 26 digits of its SHA-256', (_, values) => {
    const hash = createHash('sha256').update(canonical(values)).digest('hex')
    const first130 = BigInt(`0x${hash}`) >> 126n
    const digits = '0123456789abcdefghjkmnpqrstvwxyz'
    const rest = Array.from(
      { length: 26 },
      (_, i) => digits[Number((first130 >> BigInt(5 * (25 - i))) & 31n)],
    )
    expect(keyId('artist', values)).toBe(`artist_${rest.join('')}`)
  })

  test('is not to be had by choosing the hash of another key as the key', () => {
    const victim = keyId('artist', ['AC/DC'])
    expect(keyId('artist', [victim.slice('artist_'.length)])).not.toBe(victim)
  })

  test('differs for keys that differ, and is an id', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/),
      fc.boolean(),
    )
    const key = fc.array(value, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(keyId('x', a) === keyId('x', b)).toBe(canonical(a) === canonical(b))
        expect(parseId(keyId('x', a))?.prefix).toBe('x')
      }),
      { numRuns: 500 },
    )
  })

  test('needs a key', () => {
    expect(() => keyId('x', [])).toThrow(RangeError)
  })
})

test.each([
  ['post_1', { prefix: 'post', rest: '1' }],
  ['p2_a-B', { prefix: 'p2', rest: 'a-B' }],
  [`p_${'x'.repeat(64)}`, { prefix: 'p', rest: 'x'.repeat(64) }],
  ['', null],
  ['post', null],
  ['post_', null],
  ['_1', null],
  ['Post_1', null],
  ['2p_1', null],
  ['post_1_2', null],
  ['post_a b', null],
  ['post_1\n', null],
  ['post_é', null],
  ['post_1|tag_1', null],
  [`p_${'x'.repeat(65)}`, null],
  [`${'p'.repeat(32)}_1`, { prefix: 'p'.repeat(32), rest: '1' }],
  [`${'p'.repeat(33)}_1`, null],
])('parseId(%j) is %j', (text, parts) => {
  expect(parseId(text)).toEqual(parts)
})

test('an edge key gives back its ends', () => {
  expect(edgeKey('film_1', 'tag_a')).toBe('film_1|tag_a')
  expect(parseEdgeKey('film_1|tag_a')).toEqual({ from: 'film_1', to: 'tag_a' })
})

test.each(['', '|', 'film_1', 'film_1|', '|tag_1', 'film_1|tag_1|tag_2', 'film 1|tag_1', 'film_1|tag_1\n'])(
  '%j is no edge key',
  key => {
    expect(parseEdgeKey(key)).toBe(null)
  },
)

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ScalarName, TypeIR } from '../ir/ir.ts'
import { compareOf, compareText, parseValue } from './scalar.ts'

const scalar = (name: ScalarName): TypeIR =>
  name === 'decimal' ? { kind: 'scalar', scalar: name, scale: 2 } : { kind: 'scalar', scalar: name }
const parse = (name: ScalarName, value: unknown) => {
  const parsed = parseValue(scalar(name), value)
  return parsed.ok ? parsed.value : null
}

describe('order', () => {
  test('text compares as its UTF-8 bytes do', () => {
    const edges = ['a', 'z', '\ud7ff', '\ue000', '\uff5e', '\u{10000}', '\u{1f600}', '\u{10ffff}']
    const any = fc
      .integer({ min: 0, max: 0x10f7ff })
      .map(n => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
    const text = fc.string({ unit: fc.oneof(fc.constantFrom(...edges), any) })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { numRuns: 2000 },
    )
  })

  test('an astral character comes after every other', () => {
    expect(compareText('\u{1f600}', '\uff5e')).toBeGreaterThan(0)
    expect('\u{1f600}' < '\uff5e').toBe(true)
  })

  test('integers compare by value at any length', () => {
    const integer = fc.oneof(fc.bigInt(), fc.bigInt({ min: -20n, max: 20n }))
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        expect(Math.sign(compareOf('integer')(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['1.5', '1.50', 0],
    ['-1.5', '-1.50', 0],
    ['1', '1.00', 0],
    ['1.5', '1.49', 1],
    ['1.5', '1.51', -1],
    ['-1.5', '-1.51', 1],
    ['10', '9.99', 1],
  ])('the decimals %s and %s compare as %i', (a, b, sign) => {
    expect(Math.sign(compareOf('decimal')(a, b)) + 0).toBe(sign)
    expect(Math.sign(compareOf('decimal')(b, a)) + 0).toBe(-sign + 0)
  })

  test('decimals compare by value, whatever their scales', () => {
    const decimal = fc.tuple(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 0, max: 6 }),
    )
    const near = fc.tuple(fc.bigInt({ min: -200n, max: 200n }), fc.integer({ min: 0, max: 3 }))
    const any = fc.oneof(decimal, near)
    const text = ([digits, scale]: readonly [bigint, number]) => {
      const all = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
      const point = all.length - scale
      const plain = scale ? `${all.slice(0, point)}.${all.slice(point)}` : all
      return digits < 0n ? `-${plain}` : plain
    }
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [one, other] = [a[0] * 10n ** BigInt(6 - a[1]), b[0] * 10n ** BigInt(6 - b[1])]
        const expected = one < other ? -1 : one > other ? 1 : 0
        expect(Math.sign(compareOf('decimal')(text(a), text(b)))).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })

  test('false comes before true', () => {
    expect(compareOf('boolean')(false, true)).toBeLessThan(0)
  })
})

describe('values', () => {
  test.each<readonly [ScalarName, readonly unknown[], readonly unknown[]]>([
    [
      'string',
      ['', 'a', '\u{1f600}', 'x'.repeat(1_000_000)],
      [1, null, 'a\0', '\ud800', 'a\udc00b', 'x'.repeat(1_000_001)],
    ],
    ['int', [0, 2 ** 31 - 1, -(2 ** 31)], [2 ** 31, -(2 ** 31) - 1, 1.5, '1', Number.NaN, 1n]],
    ['float', [0, 1.5, 5e-324], [Number.NaN, Number.POSITIVE_INFINITY, '1']],
    ['boolean', [true, false], [0, 'true', null]],
    [
      'bigint',
      ['0', '-1', '9223372036854775807', '-9223372036854775808'],
      ['9223372036854775808', '-9223372036854775809', '-0', '01', '+1', '1.0', 1, ''],
    ],
    [
      'decimal',
      ['0.00', '-0.01', '12.50', `${'9'.repeat(36)}.99`],
      ['12.345', '12.500', '.5', '5.', '+1', '1e3', '01', '', ' 1', `${'9'.repeat(37)}.00`, 12.5, 1n],
    ],
    [
      'bytes',
      ['', 'AA', '_-8', 'A'.repeat(349_526)],
      ['A', 'AB', 'AA==', '+/8', 'AA AA', 1, 'A'.repeat(349_527)],
    ],
    [
      'json',
      [{}, [], '', 0, false, { a: [{ b: null }] }, nested(32), 'x'.repeat(256 * 1024 - 2)],
      [
        null,
        undefined,
        1n,
        Number.NaN,
        new Date(0),
        [undefined],
        'a\0',
        { a: '\ud800' },
        { 'a\0': 1 },
        JSON.parse('{"a":{"__proto__":1}}'),
        { constructor: 1 },
        nested(33),
        'x'.repeat(256 * 1024 - 1),
        '\u00e9'.repeat(128 * 1024),
      ],
    ],
    [
      'date',
      ['0001-01-01', '9999-12-31', '2000-02-29'],
      [
        '0000-01-01',
        '1900-02-29',
        '2026-13-01',
        '2026-1-1',
        '2026-02-30',
        '10000-01-01',
        '2026-01-01T00:00:00.000Z',
        20260101,
      ],
    ],
    [
      'id',
      ['film_1', 'a1_01jd8w6x9me5v0c2r7t4k3hz8q'],
      ['film', 'film_', '_1', 'Film_1', 'film_a_b', `film_${'x'.repeat(65)}`, 1],
    ],
  ])('%s', (name, good, bad) => {
    for (const value of good) expect(parseValue(scalar(name), value)).toEqual({ ok: true, value })
    for (const value of bad) expect(parseValue(scalar(name), value)).toMatchObject({ ok: false })
  })

  test.each([
    ['1', '1.00'],
    ['-1.5', '-1.50'],
    ['-0', '0.00'],
    ['-0.0', '0.00'],
  ])('the decimal %s is %s', (given, canonical) => {
    expect(parse('decimal', given)).toBe(canonical)
    expect(parse('decimal', canonical)).toBe(canonical)
  })

  test('a decimal without places has no point, and one of 38 places nothing before it', () => {
    const whole: TypeIR = { kind: 'scalar', scalar: 'decimal', scale: 0 }
    expect(parseValue(whole, '9'.repeat(38))).toEqual({ ok: true, value: '9'.repeat(38) })
    expect(parseValue(whole, '9'.repeat(39))).toMatchObject({ ok: false })
    expect(parseValue(whole, '1.0')).toMatchObject({ ok: false })
    const part: TypeIR = { kind: 'scalar', scalar: 'decimal', scale: 38 }
    expect(parseValue(part, '0.5')).toEqual({ ok: true, value: `0.5${'0'.repeat(37)}` })
    expect(parseValue(part, '1')).toMatchObject({ ok: false })
  })

  test('members of json come in the order of their names, at every depth', () => {
    const parsed = parse('json', { b: [{ d: 1, c: undefined, a: -0 }], a: 1 })
    expect(JSON.stringify(parsed)).toBe('{"a":1,"b":[{"a":0,"d":1}]}')
  })

  test('what is wrong inside json is told with its place', () => {
    const parsed = parseValue(scalar('json'), { list: [1, { name: 'a\0' }] })
    expect(parsed).toMatchObject({ ok: false, path: ['list', '1', 'name'] })
  })

  test('json that refers to itself is refused, and soon', () => {
    const circle: unknown[] = []
    for (let i = 0; i < 3; i++) circle.push(circle)
    expect(parseValue(scalar('json'), circle)).toMatchObject({ ok: false })
  })

  test('minus zero is zero', () => {
    expect(Object.is(parse('int', -0), 0)).toBe(true)
    expect(Object.is(parse('float', -0), 0)).toBe(true)
  })

  test.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21t10:00:00.1239z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21 10:00:00+01:30', '2026-11-21T08:30:00.000Z'],
    ['2026-11-21T23:30:00-00:45', '2026-11-22T00:15:00.000Z'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ['0099-06-01T00:00:00Z', '0099-06-01T00:00:00.000Z'],
  ])('the time %s is %s', (given, canonical) => {
    expect(parse('datetime', given)).toBe(canonical)
    expect(parse('datetime', canonical)).toBe(canonical)
  })

  test.each([
    '2026-11-21',
    '2026-11-21T10:00Z',
    '2026-11-21T10:00:00',
    '2026-02-29T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-11-21T10:00:00+24:00',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2026-11-21T10:00:00.Z',
    1795000000000,
  ])('%s is no time', given => {
    expect(parse('datetime', given)).toBeNull()
  })

  test('an enum takes its values only', () => {
    const rating: TypeIR = { kind: 'enum', values: ['G', 'PG'] }
    expect(parseValue(rating, 'PG')).toEqual({ ok: true, value: 'PG' })
    expect(parseValue(rating, 'X')).toEqual({ ok: false, message: '"X" is not one of G, PG' })
  })
})

/** Lists in lists. */
function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

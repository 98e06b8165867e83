import { describe, expect, test } from 'vitest'
import type { FieldAct } from '../act/act.ts'
import type { Json } from '../json.ts'
import { totalOrder } from '../query/order.ts'
import type { Query } from '../query/query.ts'
import { desk, film, type PortsUnderTest, studio, update } from './ports.suite.ts'

const set = (value: Json): FieldAct => ({ kind: 'set', value })

/** What every store does with each kind of value, seen through the Reader over it. */
export function kindsSuite(name: string, ports: () => PortsUnderTest): void {
  describe(`${name}: kinds of value`, () => {
    test.each<[string, Json, Json]>([
      ['addedAt', '2026-11-21 10:00:00.1239+01:30', '2026-11-21T08:30:00.123Z'],
      ['budget', '12.5', '12.50'],
      ['budget', '-0', '0.00'],
      ['budget', `-${'9'.repeat(36)}.99`, `-${'9'.repeat(36)}.99`],
      ['share', '1', '1.0000'],
      ['cover', '', ''],
      ['cover', '_-8', '_-8'],
      ['cover', 'A'.repeat(349_526), 'A'.repeat(349_526)],
      ['facts', '', ''],
      ['facts', 0, 0],
      ['facts', false, false],
      ['facts', [], []],
      ['facts', [null, 1e300, 5e-324, -0], [null, 1e300, 5e-324, 0]],
      ['facts', { b: { d: '\u{1f600}', c: [] }, a: 'x' }, { a: 'x', b: { c: [], d: '\u{1f600}' } }],
    ])('%s: %j is stored in its one form', async (field, given, stored) => {
      const { apply, row } = desk(ports())
      await apply(film('a', { [field]: set(given) }))
      const read = (await row('Film', 'film_a'))?.[field]
      // As text, so that the order of members counts, too.
      expect(JSON.stringify(read)).toBe(JSON.stringify(stored))
    })

    test.each<[string, Json, readonly string[]]>([
      ['budget', '12.345', []],
      ['budget', '1e3', []],
      ['budget', 12.5, []],
      ['budget', '9'.repeat(37), []],
      ['cover', 'AQ==', []],
      ['cover', 'A'.repeat(349_527), []],
      ['facts', 'a\0b', []],
      ['facts', { list: [1, { x: '\ud800' }] }, ['list', '1', 'x']],
      ['facts', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), ['a', '__proto__']],
      ['facts', { constructor: 1 }, ['constructor']],
      ['facts', { big: 'x'.repeat(256 * 1024) }, []],
      ['facts', deep(33), Array.from({ length: 32 }, () => '0')],
    ])('%s: a bad value is refused at its place (%#)', async (field, given, inside) => {
      const { commit, row } = desk(ports())
      const { verdict } = await commit(film('a', { [field]: set(given) }))
      expect(verdict.problems).toMatchObject([{ code: 'BAD_VALUE', path: ['0', field, ...inside] }])
      expect(await row('Film', 'film_a')).toBeNull()
      expect(({} as { admin?: unknown }).admin).toBeUndefined()
    })

    test('a decimal, bytes and json are registers: the last writer wins, other fields are untouched', async () => {
      const { apply, row } = desk(ports())
      await apply(film('a', { budget: set('1'), cover: set('AA'), facts: set({ a: 1, b: 1 }) }))
      await Promise.all([
        apply(update('Film', 'film_a', { budget: set('2.25') })),
        apply(update('Film', 'film_a', { cover: set('AQID') })),
        apply(update('Film', 'film_a', { facts: set({ a: 2 }) })),
      ])
      expect(await row('Film', 'film_a')).toMatchObject({ budget: '2.25', cover: 'AQID', facts: { a: 2 } })
      await apply(update('Film', 'film_a', { budget: set(null), cover: set(null), facts: set(null) }))
      expect(await row('Film', 'film_a')).toMatchObject({ budget: null, cover: null, facts: null })
    })

    test('decimals filter and sort by value, also against another scale; bytes are found by their value', async () => {
      const { reader } = ports()
      const { apply, scope } = desk(ports())
      await apply(
        film('a', { budget: set('9.99'), share: set('9.9900'), cover: set('AQID') }),
        film('b', { budget: set('10.00'), share: set('9.9999'), cover: set('') }),
        film('c', { budget: set('-10.00'), share: set('-9') }),
        film('d', { facts: set({}) }),
      )
      const found = async (query: Pick<Query, 'where'> & Partial<Query>) => {
        const snapshot = reader.open(scope)
        const order = totalOrder([])
        const [page = []] = await snapshot.pages({ entity: 'Film', fields: [], order, ...query })
        await snapshot.close()
        return page.map(({ id }) => id.slice(5)).join(' ')
      }
      const at = (field: string) => ({ kind: 'path' as const, path: [field] })
      const against = (value: Json) => ({ kind: 'value' as const, value })
      expect(await found({ where: { kind: 'lt', left: at('budget'), right: against('10.00') } })).toBe('a c')
      expect(await found({ where: { kind: 'gte', left: at('budget'), right: at('share') } })).toBe('a b')
      expect(await found({ where: { kind: 'eq', left: at('budget'), right: at('share') } })).toBe('a')
      expect(await found({ where: { kind: 'in', left: at('cover'), values: ['', 'AQID'] } })).toBe('a b')
      expect(await found({ where: { kind: 'ne', left: at('cover'), right: against('') } })).toBe('a')
      expect(await found({ where: { kind: 'isNotNull', left: at('facts') } })).toBe('d')
      const order = totalOrder([{ path: ['budget'], direction: 'desc' }])
      expect(await found({ order })).toBe('d b a c')
      expect(await found({ order, after: ['10.00', 'film_b'] })).toBe('a c')
    })

    test('an indexed text may be as long as its index takes, and not longer', async () => {
      const { apply, commit, row } = desk(ports())
      // Text that does not compress, in characters of three bytes.
      const unit = Array.from({ length: 400 }, (_, i) =>
        String.fromCharCode(0x4e00 + ((i * 7_919 + 31) % 20_000)),
      ).join('')
      const fits = unit.slice(0, 332)
      await apply(film('a', { title: set(fits) }))
      expect((await row('Film', 'film_a'))?.title).toBe(fits)
      const { verdict } = await commit(film('b', { title: set(unit.slice(0, 333)) }))
      expect(verdict.problems).toMatchObject([{ code: 'TOO_LONG', path: ['0', 'title'] }])
      // Escapes take more room than the character.
      const escaped = await commit(film('c', { title: set('\u0001'.repeat(167)) }))
      expect(escaped.verdict.problems).toMatchObject([{ code: 'TOO_LONG' }])
      const changed = await commit(update('Film', 'film_a', { title: set('x'.repeat(2_000)) }))
      expect(changed.verdict.problems).toMatchObject([{ code: 'TOO_LONG', path: ['0', 'title'] }])
      const key = await commit(studio('y'.repeat(2_000)))
      expect(key.verdict.problems).toMatchObject([{ code: 'TOO_LONG', path: ['0', 'name'] }])
    })
  })
}

function deep(levels: number): Json {
  let value: Json = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

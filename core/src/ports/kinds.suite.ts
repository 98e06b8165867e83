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

    const put = (path: string, value: Json): FieldAct => ({
      kind: 'assign',
      set: [{ path, value }],
      remove: [],
    })
    const drop = (...paths: string[]): FieldAct => ({ kind: 'assign', set: [], remove: paths })

    test('a document is written place by place, and places of others stay', async () => {
      const { apply, row } = desk(ports())
      const notes = async () => (await row('Film', 'film_a'))?.notes
      await apply(film('a'))
      expect(await notes()).toEqual({})
      await apply(update('Film', 'film_a', { notes: put('', { cast: { lead: 'A' }, year: 1 }) }))
      await Promise.all([
        apply(update('Film', 'film_a', { notes: put('/cast/lead', 'B') })),
        apply(update('Film', 'film_a', { notes: put('/cast/other', ['C']) })),
        apply(update('Film', 'film_a', { notes: drop('/year') })),
        apply(update('Film', 'film_a', { notes: put('/a~1b', null) })),
      ])
      const said = JSON.stringify({ 'a/b': null, cast: { lead: 'B', other: ['C'] } })
      expect(JSON.stringify(await notes())).toBe(said)
      await apply(update('Film', 'film_a', { notes: put('/cast', 'none') }))
      expect(await notes()).toEqual({ 'a/b': null, cast: 'none' })
      await apply(update('Film', 'film_a', { notes: put('/cast/lead/name', 'D') }))
      expect(await notes()).toEqual({ 'a/b': null, cast: { lead: { name: 'D' } } })
      await apply(update('Film', 'film_a', { notes: drop('') }))
      expect(await notes()).toEqual({})
    })

    test.each<[string, FieldAct, string]>([
      ['no pointer', put('cast', 1), 'BAD_VALUE'],
      [
        'a place inside another',
        { kind: 'assign', set: [{ path: '/a', value: 1 }], remove: ['/a/b'] },
        'BAD_VALUE',
      ],
      ['a place twice', { kind: 'assign', set: [{ path: '/a', value: 1 }], remove: ['/a'] }, 'BAD_VALUE'],
      ['no object as a whole', put('', [1]), 'BAD_VALUE'],
      ['a forbidden name', put('/a/__proto__/b', 1), 'BAD_VALUE'],
      ['a forbidden name inside', put('/a', { constructor: 1 }), 'BAD_VALUE'],
      ['too deep a place', put('/a'.repeat(33), 1), 'BAD_VALUE'],
      ['half a pair', put('/\ud800', 1), 'BAD_VALUE'],
      ['a whole value', set({ a: 1 }), 'BAD_VALUE'],
      ['what makes the document too large', put('/more', 'x'.repeat(200_000)), 'TOO_LARGE'],
      ['what makes the document too deep', put('/a'.repeat(32), { b: 1 }), 'TOO_LARGE'],
    ])('a document refuses %s', async (_, act, code) => {
      const { apply, commit, row } = desk(ports())
      await apply(film('a', { notes: put('/big', 'x'.repeat(100_000)) }))
      const { verdict } = await commit(update('Film', 'film_a', { notes: act }))
      expect(verdict.problems).toMatchObject([{ code, path: expect.arrayContaining(['0', 'notes']) }])
      expect(Object.keys((await row('Film', 'film_a'))?.notes ?? {})).toEqual(['big'])
    })

    test('a document keeps so many places, until all of it is assigned anew', async () => {
      const { apply, commit, row } = desk(ports())
      const places = (name: string, count: number): FieldAct => ({
        kind: 'assign',
        set: Array.from({ length: count }, (_, i) => ({ path: `/${name}${i}`, value: i })),
        remove: [],
      })
      await apply(film('a', { notes: places('a', 1_000) }))
      const { verdict } = await commit(update('Film', 'film_a', { notes: put('/more', 1) }))
      expect(verdict.problems).toMatchObject([{ code: 'TOO_LARGE', path: ['0', 'notes'] }])
      await apply(update('Film', 'film_a', { notes: put('/a7', 'changed') }))
      await apply(
        update('Film', 'film_a', { notes: put('', { all: 1 }) }),
        update('Film', 'film_a', { notes: put('/more', 1) }),
      )
      expect((await row('Film', 'film_a'))?.notes).toEqual({ all: 1, more: 1 })
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

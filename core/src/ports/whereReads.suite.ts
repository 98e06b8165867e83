import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import type { Comparison, Expression, Operand, TextTest } from '../query/expression.ts'
import { negate } from '../query/negate.ts'
import { ALL, at, constant, type Reading, some, stars, year } from './reading.suite.ts'

/** Which rows a filter lets through. */
export function whereReads({ found }: Reading): void {
  const filtered = (where: Expression) => found({ where })

  describe('where', () => {
    test.each<readonly [Operand, Json, string]>([
      [at('year'), 1968, 'eq a | ne b c | lt b | lte a b | gt c | gte a c'],
      [at('score'), 8.5, 'eq a | ne b | lt b | lte a b | gt | gte a'],
      [at('seen'), true, 'eq a | ne b c d e | lt b c d e | gte a'],
      [at('released'), '1968-04-02', 'eq a | ne b | lt b | gte a'],
      [at('addedAt'), '2000-01-01T00:00:00.000Z', 'eq a | ne b | lt b | gte a'],
      [at('gross'), '9007199254740993', 'eq a | ne b c | lt b | gt c | lte a b'],
      [at('rating'), 'PG', 'eq b | ne a c | lt a | gt c'],
      [at('likes'), '10', 'eq a | ne b c d e | lt b d e | gt c | gte a c'],
      [at('title'), '\uff5e', 'eq c | ne a b d e | lt a b e | gt d | gte c d'],
      [at('id'), 'film_b', 'eq b | gt c d e | lte a b'],
      [at('director'), 'person_k', 'eq a b | ne c d'],
      [at('director', 'name'), 'Kubrick', 'eq a b | ne c | gt c | lte a b'],
      [at('studio', 'name'), 'Mosfilm', 'eq c | ne a | lt a'],
      [at('poster', 'url'), 'u', 'eq a | ne b'],
    ])('compares %j with %j: %s', async (left, value, cases) => {
      for (const each of cases.split(' | ')) {
        const [kind, ...expected] = each.split(' ')
        const hits = await filtered({ kind: kind as Comparison, left, right: { kind: 'value', value } })
        expect(`${kind} ${hits}`.trim()).toBe([kind, ...expected].join(' '))
      }
    })

    test('compares constants with fields and fields with fields', async () => {
      expect(await filtered({ kind: 'lt', left: constant(1968), right: at('year') })).toBe('c')
      expect(await filtered({ kind: 'eq', left: at('id'), right: at('poster', 'film') })).toBe('a b')
      expect(await filtered({ kind: 'gt', left: at('year'), right: at('score') })).toBe('a b')
      expect(await filtered({ kind: 'ne', left: at('director', 'name'), right: at('studio', 'name') })).toBe(
        'a c',
      )
    })

    test.each<readonly ['in' | 'notIn', readonly Json[], string]>([
      ['in', [1968, 1957, 5], 'a b'],
      ['in', [], ''],
      ['notIn', [1968, 1957, 5], 'c'],
      ['notIn', [], 'a b c'],
    ])('%s %j', async (kind, values, expected) => {
      expect(await filtered({ kind, left: at('year'), values })).toBe(expected)
    })

    test('in over text, ids, numbers as text and paths', async () => {
      expect(await filtered({ kind: 'in', left: at('title'), values: ['\u{1f600}', 'Paths'] })).toBe('d')
      expect(await filtered({ kind: 'in', left: at('id'), values: ['film_a', 'film_zz'] })).toBe('a')
      expect(await filtered({ kind: 'in', left: at('gross'), values: ['9007199254740993', '1'] })).toBe('a')
      expect(await filtered({ kind: 'in', left: at('released'), values: ['1957-10-25'] })).toBe('b')
      expect(await filtered({ kind: 'in', left: at('score'), values: [8.5] })).toBe('a')
      expect(await filtered({ kind: 'in', left: at('seen'), values: [true] })).toBe('a')
      expect(await filtered({ kind: 'notIn', left: at('director', 'name'), values: ['Kubrick'] })).toBe('c')
    })

    test.each<readonly [TextTest, string, string]>([
      ['contains', 'of', 'b'],
      ['contains', '%', 'e'],
      ['contains', '_', 'e'],
      ['contains', '\\', 'e'],
      ['contains', '\u{1f600}', 'd'],
      ['contains', '', 'a b c d e'],
      ['notContains', 'of', 'a c d e'],
      ['startsWith', 'Path', 'b'],
      ['startsWith', 'path', ''],
      ['startsWith', '%', ''],
      ['startsWith', '5', 'e'],
      ['notStartsWith', 'Path', 'a c d e'],
    ])('%s %j', async (kind, text, expected) => {
      expect(await filtered({ kind, left: at('title'), text })).toBe(expected)
    })

    test('text tests are false on null and through a missing target', async () => {
      for (const kind of ['contains', 'notContains', 'startsWith', 'notStartsWith'] as const) {
        const hits = await filtered({ kind, left: at('director', 'name'), text: 'K' })
        expect([kind, hits]).toEqual([kind, kind.startsWith('not') ? 'c' : 'a b'])
      }
    })

    test('isNull and isNotNull', async () => {
      expect(await filtered({ kind: 'isNull', left: at('year') })).toBe('d e')
      expect(await filtered({ kind: 'isNotNull', left: at('year') })).toBe('a b c')
      // A reference keeps its id when its target is gone; what lies behind it is null.
      expect(await filtered({ kind: 'isNull', left: at('director') })).toBe('e')
      expect(await filtered({ kind: 'isNull', left: at('director', 'name') })).toBe('d e')
      expect(await filtered({ kind: 'isNotNull', left: at('director', 'id') })).toBe('a b c')
      expect(await filtered({ kind: 'isNull', left: at('poster', 'id') })).toBe('c d e')
    })

    test('has and hasNot', async () => {
      const left = at('moods')
      expect(await filtered({ kind: 'has', left, element: 'dark' })).toBe('a b')
      expect(await filtered({ kind: 'has', left, element: 'da' })).toBe('')
      expect(await filtered({ kind: 'hasNot', left, element: 'dark' })).toBe('c d e')
      expect(
        await found({
          entity: 'Review',
          where: { kind: 'has', left: at('film', 'moods'), element: 'slow' },
        }),
      ).toBe('1 2')
      expect(
        await found({
          entity: 'Review',
          where: { kind: 'hasNot', left: at('film', 'moods'), element: 'slow' },
        }),
      ).toBe('3')
    })

    test('and, or, and what is empty', async () => {
      const old: Expression = { kind: 'lt', left: at('year'), right: constant(1960) }
      const seen: Expression = { kind: 'eq', left: at('seen'), right: constant(true) }
      expect(await filtered({ kind: 'and', of: [old, seen] })).toBe('')
      expect(await filtered({ kind: 'or', of: [old, seen] })).toBe('a b')
      expect(await filtered({ kind: 'and', of: [] })).toBe('a b c d e')
      expect(await filtered({ kind: 'or', of: [] })).toBe('')
      expect(await filtered({ kind: 'and', of: [{ kind: 'or', of: [old, seen] }, negate(seen)] })).toBe('b')
    })

    test.each<readonly [string, Expression, string]>([
      ['some review', some('reviews', ALL), 'a b'],
      ['no review', negate(some('reviews', ALL)), 'c d e'],
      ['some good review', some('reviews', stars('gte', 4)), 'a'],
      ['every review good', negate(some('reviews', negate(stars('gte', 4)))), 'c d e'],
      ['every review bad', negate(some('reviews', negate(stars('lt', 4)))), 'b c d e'],
      ['some tag', some('tags', ALL), 'a b'],
      ['a tag by name', some('tags', { kind: 'eq', left: at('name'), right: constant('War') }), 'b'],
      [
        'no tag by name',
        negate(some('tags', { kind: 'eq', left: at('name'), right: constant('War') })),
        'a c d e',
      ],
      [
        'films of the director',
        { kind: 'some', path: ['director', 'directed'], where: year('lt', 1960) },
        'a b',
      ],
      [
        'none of the director',
        { kind: 'none', path: ['director', 'directed'], where: year('lt', 1960) },
        'c',
      ],
      ['two steps of many', some('tags', some('films', year('lt', 1960))), 'a b'],
    ])('%s', async (_, where, expected) => {
      expect(await filtered(where)).toBe(expected)
    })

    test('from the other end of a many-to-many relation', async () => {
      expect(await found({ entity: 'Tag', where: some('films', year('gt', 1960)) })).toBe('s')
      expect(await found({ entity: 'Tag', where: negate(some('films', ALL)) })).toBe('u')
    })
  })
}

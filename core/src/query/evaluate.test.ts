import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { NO_RELATIONS, predicate } from './evaluate.ts'
import type { Comparison, Expression, Operand, TextTest } from './expression.ts'
import { films, lookupOf } from './films.suite.ts'
import type { Row } from './query.ts'

const at = (...path: string[]): Operand => ({ kind: 'path', path })
const value = (value: Json): Operand => ({ kind: 'value', value })
const film = (fields: { [field: string]: Json }): Row => ({ id: 'film_1', ...fields })
const holds = (expression: Expression, fields: { [field: string]: Json }) =>
  predicate(films, 'Film', expression)(film(fields), NO_RELATIONS)

const OUTCOMES: readonly (readonly [
  Comparison,
  readonly [less: boolean, equal: boolean, greater: boolean],
])[] = [
  ['eq', [false, true, false]],
  ['ne', [true, false, true]],
  ['lt', [true, false, false]],
  ['lte', [true, true, false]],
  ['gt', [false, false, true]],
  ['gte', [false, true, true]],
]

/** By field: a middle value, one below and one above it. */
const VALUES: readonly (readonly [field: string, below: Json, middle: Json, above: Json])[] = [
  ['title', '\uff5e', '\u{1f600}', '\u{1f600}a'],
  ['title', 'B', 'a', 'b'],
  ['year', -5, 9, 10],
  ['score', 0.1, 0.2, 0.30000000000000004],
  ['gross', '-10', '9', '10'],
  ['likes', '-9223372036854775809', '99', '100'],
  ['released', '0999-12-31', '1999-03-31', '1999-04-01'],
  ['addedAt', '1999-12-31T23:59:59.999Z', '2000-01-01T00:00:00.000Z', '2000-01-01T00:00:00.001Z'],
  ['rating', 'G', 'PG', 'R'],
  ['director', 'person_0', 'person_1', 'person_10'],
]

describe.each(OUTCOMES)('%s', (kind, [less, equal, greater]) => {
  test.each(VALUES)('of %s', (field, below, middle, above) => {
    const right = value(middle)
    const outcomes = [below, middle, above].map(own =>
      holds({ kind, left: at(field), right }, { [field]: own }),
    )
    expect(outcomes).toEqual([less, equal, greater])
  })

  test('is false on null, on either side', () => {
    const right = value(1)
    expect(holds({ kind, left: at('year'), right }, { year: null })).toBe(false)
    expect(holds({ kind, left: right, right: at('year') }, { year: null })).toBe(false)
    expect(holds({ kind, left: at('year'), right: at('year') }, { year: null })).toBe(false)
    expect(holds({ kind, left: at('year'), right: value(null) }, { year: 1 })).toBe(false)
  })
})

test('false comes before true', () => {
  expect(holds({ kind: 'lt', left: at('seen'), right: value(true) }, { seen: false })).toBe(true)
  expect(holds({ kind: 'lt', left: at('seen'), right: value(true) }, { seen: true })).toBe(false)
})

test('fields compare with fields', () => {
  const expression: Expression = { kind: 'gt', left: at('year'), right: at('score') }
  expect(holds(expression, { year: 2, score: 1.5 })).toBe(true)
  expect(holds(expression, { year: 1, score: 1.5 })).toBe(false)
})

test.each<readonly [Expression['kind'] & ('in' | 'notIn'), readonly Json[], Json, boolean]>([
  ['in', [1, 2], 2, true],
  ['in', [1, 2], 3, false],
  ['in', [1, 2], null, false],
  ['in', [], 1, false],
  ['notIn', [1, 2], 2, false],
  ['notIn', [1, 2], 3, true],
  ['notIn', [1, 2], null, false],
  ['notIn', [], 1, true],
  ['notIn', [], null, false],
])('%s %j of %j is %s', (kind, values, year, expected) => {
  expect(holds({ kind, left: at('year'), values }, { year })).toBe(expected)
})

test.each<readonly [TextTest, string, Json, boolean]>([
  ['contains', 'b', 'abc', true],
  ['contains', 'B', 'abc', false],
  ['contains', '', 'abc', true],
  ['contains', '', null, false],
  ['contains', '%', 'abc', false],
  ['contains', '_', 'a_c', true],
  ['contains', '\\', 'a\\c', true],
  ['contains', '\u{1f600}', 'a\u{1f600}', true],
  ['notContains', 'b', 'abc', false],
  ['notContains', 'x', 'abc', true],
  ['notContains', 'x', null, false],
  ['startsWith', 'ab', 'abc', true],
  ['startsWith', 'bc', 'abc', false],
  ['startsWith', 'a', null, false],
  ['startsWith', 'a%', 'abc', false],
  ['notStartsWith', 'ab', 'abc', false],
  ['notStartsWith', 'bc', 'abc', true],
  ['notStartsWith', 'bc', null, false],
])('%s %j of %j is %s', (kind, text, title, expected) => {
  expect(holds({ kind, left: at('title'), text }, { title })).toBe(expected)
})

test('isNull alone is true on null', () => {
  expect(holds({ kind: 'isNull', left: at('year') }, { year: null })).toBe(true)
  expect(holds({ kind: 'isNull', left: at('year') }, { year: 0 })).toBe(false)
  expect(holds({ kind: 'isNotNull', left: at('year') }, { year: null })).toBe(false)
  expect(holds({ kind: 'isNotNull', left: at('year') }, { year: 0 })).toBe(true)
})

test('sets have or have not their elements', () => {
  expect(holds({ kind: 'has', left: at('moods'), element: 'a' }, { moods: ['a', 'b'] })).toBe(true)
  expect(holds({ kind: 'has', left: at('moods'), element: 'c' }, { moods: ['a', 'b'] })).toBe(false)
  expect(holds({ kind: 'hasNot', left: at('moods'), element: 'c' }, { moods: [] })).toBe(true)
  expect(holds({ kind: 'hasNot', left: at('moods'), element: 'a' }, { moods: ['a'] })).toBe(false)
})

test('and, or: none of nothing fails, none of nothing holds', () => {
  const yes: Expression = { kind: 'and', of: [] }
  const no: Expression = { kind: 'or', of: [] }
  expect([yes, no].map(each => holds(each, {}))).toEqual([true, false])
  expect(
    [
      [yes, yes],
      [yes, no],
      [no, no],
    ].map(of => holds({ kind: 'and', of }, {})),
  ).toEqual([true, false, false])
  expect(
    [
      [yes, yes],
      [yes, no],
      [no, no],
    ].map(of => holds({ kind: 'or', of }, {})),
  ).toEqual([true, true, false])
})

describe('relations', () => {
  const lookup = lookupOf({
    rows: {
      Film: [
        film({ director: 'person_1', studio: 'studio_gone' }),
        { id: 'film_2', director: null },
        { id: 'film_3', director: 'person_1', year: 1999 },
      ],
      Person: [
        { id: 'person_1', name: 'Kubrick' },
        { id: 'person_2', name: 'Varda' },
      ],
      Tag: [{ id: 'tag_1', name: 'Space' }],
      Poster: [{ id: 'poster_1', film: 'film_3', url: 'u' }],
    },
    edges: {
      'Film.tags': [
        ['film_1', 'tag_1'],
        ['film_1', 'tag_gone'],
      ],
    },
  })
  const films_ = ['film_1', 'film_2', 'film_3']
  const found = (expression: Expression) =>
    films_.filter(id => predicate(films, 'Film', expression)(lookup.row('Film', id) ?? { id }, lookup))

  test('a path goes through to-one relations; a missing target is null', () => {
    expect(found({ kind: 'eq', left: at('director', 'name'), right: value('Kubrick') })).toEqual([
      'film_1',
      'film_3',
    ])
    expect(found({ kind: 'ne', left: at('director', 'name'), right: value('Varda') })).toEqual([
      'film_1',
      'film_3',
    ])
    expect(found({ kind: 'isNull', left: at('director', 'name') })).toEqual(['film_2'])
    expect(found({ kind: 'isNull', left: at('studio', 'name') })).toEqual(films_)
    expect(found({ kind: 'isNotNull', left: at('studio', 'name') })).toEqual([])
  })

  test('a reference keeps its id though its target is missing', () => {
    expect(found({ kind: 'eq', left: at('studio'), right: value('studio_gone') })).toEqual(['film_1'])
    expect(found({ kind: 'isNull', left: at('studio', 'id') })).toEqual(films_)
  })

  test('a path goes through the singular end of a one-to-one', () => {
    expect(found({ kind: 'isNotNull', left: at('poster', 'url') })).toEqual(['film_3'])
  })

  test('some and none look at visible rows only', () => {
    const all: Expression = { kind: 'and', of: [] }
    const nothing: Expression = { kind: 'or', of: [] }
    expect(found({ kind: 'some', path: ['tags'], where: all })).toEqual(['film_1'])
    expect(found({ kind: 'none', path: ['tags'], where: all })).toEqual(['film_2', 'film_3'])
    expect(found({ kind: 'some', path: ['tags'], where: nothing })).toEqual([])
    expect(
      found({ kind: 'some', path: ['tags'], where: { kind: 'eq', left: at('name'), right: value('Space') } }),
    ).toEqual(['film_1'])
  })

  test('some and none behind a missing target are both false', () => {
    const where: Expression = { kind: 'eq', left: at('year'), right: value(1999) }
    expect(found({ kind: 'some', path: ['director', 'directed'], where })).toEqual(['film_1', 'film_3'])
    expect(found({ kind: 'none', path: ['director', 'directed'], where })).toEqual([])
    expect(found({ kind: 'none', path: ['director', 'directed'], where: { kind: 'or', of: [] } })).toEqual([
      'film_1',
      'film_3',
    ])
  })

  test('an expression that may not look at other rows says so', () => {
    expect(() => holds({ kind: 'isNull', left: at('director', 'name') }, { director: 'person_1' })).toThrow(
      'Person',
    )
    expect(() => holds({ kind: 'some', path: ['tags'], where: { kind: 'and', of: [] } }, {})).toThrow(
      'Film.tags',
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { NO_RELATIONS } from './evaluate.ts'
import { orders } from './expression.suite.ts'
import { films, fixtures, lookupOf } from './films.suite.ts'
import { sorter, totalOrder } from './order.ts'
import type { Order } from './query.ts'

const by = (direction: Order['direction'], ...path: string[]): Order => ({ path, direction })

test('an order ends in id, once, and repeats nothing', () => {
  expect(totalOrder([])).toEqual([by('asc', 'id')])
  expect(totalOrder([by('desc', 'year')])).toEqual([by('desc', 'year'), by('asc', 'id')])
  expect(totalOrder([by('desc', 'id'), by('asc', 'year')])).toEqual([by('desc', 'id')])
  expect(totalOrder([by('asc', 'year'), by('desc', 'year')])).toEqual([by('asc', 'year'), by('asc', 'id')])
  expect(totalOrder([by('asc', 'director', 'id')])).toEqual([by('asc', 'director', 'id'), by('asc', 'id')])
})

test.each<readonly [Order['direction'], readonly Json[]]>([
  ['asc', [1, 2, null]],
  ['desc', [null, 2, 1]],
])('nulls are greater than any value: %s gives %j', (direction, sorted) => {
  const { key, compare } = sorter(films, 'Film', totalOrder([by(direction, 'year')]))
  const rows = [2, null, 1].map((year, i) => ({ id: `film_${i}`, year }))
  const keys = rows.map(row => key(row, NO_RELATIONS)).sort(compare)
  expect(keys.map(([year]) => year)).toEqual(sorted)
})

test('no two rows are equal, and the order is the same from whichever side', () => {
  fc.assert(
    fc.property(fixtures, orders('Film'), (fixture, order) => {
      const lookup = lookupOf(fixture)
      const { key, compare } = sorter(films, 'Film', order)
      const keys = (fixture.rows.Film ?? []).map(row => key(row, lookup)).sort(compare)
      for (const [i, a] of keys.entries()) {
        for (const [j, b] of keys.entries()) {
          expect(Math.sign(compare(a, b))).toBe(Math.sign(i - j))
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a key holds what the order looks at, through to-one relations too', () => {
  const lookup = lookupOf({ rows: { Person: [{ id: 'person_1', name: 'Kubrick' }] }, edges: {} })
  const { key } = sorter(films, 'Film', totalOrder([by('asc', 'director', 'name'), by('desc', 'year')]))
  expect(key({ id: 'film_1', director: 'person_1', year: 1968 }, lookup)).toEqual(['Kubrick', 1968, 'film_1'])
  expect(key({ id: 'film_2', director: 'person_gone', year: null }, lookup)).toEqual([null, null, 'film_2'])
})

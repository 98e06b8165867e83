import { describe, expect, test } from 'vitest'
import { films } from '../query/films.suite.ts'
import { totalOrder } from '../query/order.ts'
import { KEY, type Order, type Query } from '../query/query.ts'
import { film, LIBRARY } from './library.fixture.ts'
import { by, names, type Reading, year } from './reading.suite.ts'

/** Orders, pages and pages below parents. */
export function pageReads({ read, query, found, harness }: Reading): void {
  describe('order', () => {
    test.each<readonly [string, readonly Order[], string]>([
      ['nothing said: by id', [], 'a b c d e'],
      ['id down', [by('desc', 'id')], 'e d c b a'],
      ['nulls last going up', [by('asc', 'year')], 'b a c d e'],
      ['nulls first going down', [by('desc', 'year')], 'd e c a b'],
      ['ties by id', [by('asc', 'seen')], 'b c d e a'],
      ['several', [by('desc', 'seen'), by('desc', 'year')], 'a d e c b'],
      ['text by code point', [by('asc', 'title')], 'e a b c d'],
      ['integers of any length', [by('asc', 'likes')], 'b d e a c'],
      ['bigints', [by('desc', 'gross')], 'd e c a b'],
      ['floats', [by('asc', 'score')], 'b a c d e'],
      ['enums by text', [by('desc', 'rating')], 'd e c b a'],
      ['times', [by('asc', 'addedAt')], 'b a c d e'],
      ['ids of others', [by('desc', 'director')], 'e c a b d'],
      ['through to-one', [by('asc', 'director', 'name')], 'a b c d e'],
      ['through to-one, down', [by('desc', 'director', 'name')], 'd e c a b'],
      ['through one-to-one', [by('asc', 'poster', 'url')], 'a b c d e'],
    ])('%s', async (_, order, expected) => {
      expect(await found({ order: totalOrder(order) })).toBe(expected)
    })
  })

  describe('pages', () => {
    test('limit', async () => {
      expect(await found({ limit: 2 })).toBe('a b')
      expect(await found({ limit: 0 })).toBe('')
      expect(await found({ limit: 100 })).toBe('a b c d e')
    })

    test('after a key that is no row (any more)', async () => {
      expect(await found({ after: ['film_bb'] })).toBe('c d e')
      expect(await found({ order: totalOrder([by('desc', 'year')]), after: [1969, 'film_a'] })).toBe('a b')
    })

    test('reverse: the last rows, in order, before a key that need not be a row', async () => {
      expect(await found({ limit: 2, reverse: true })).toBe('d e')
      expect(await found({ limit: 0, reverse: true })).toBe('')
      expect(await found({ reverse: true })).toBe('a b c d e')
      expect(await found({ before: ['film_bb'], limit: 1 })).toBe('a')
      expect(await found({ before: ['film_bb'], limit: 1, reverse: true })).toBe('b')
      expect(await found({ after: ['film_a'], before: ['film_d'], limit: 5 })).toBe('b c')
      expect(await found({ after: ['film_d'], before: ['film_a'] })).toBe('')
      const newest = totalOrder([by('desc', 'year')])
      expect(await found({ order: newest, before: [1969, 'film_a'], reverse: true, limit: 2 })).toBe('e c')
      const oldest = totalOrder([by('asc', 'year')])
      expect(await found({ order: oldest, before: [null, 'film_e'], reverse: true, limit: 2 })).toBe('c d')
    })

    test('inclusive: the row that a key names is let through', async () => {
      expect(await found({ after: ['film_b'], limit: 2, inclusive: true })).toBe('b c')
      expect(await found({ before: ['film_b'], inclusive: true })).toBe('a b')
      const oldest = totalOrder([by('asc', 'year')])
      expect(await found({ order: oldest, after: [null, 'film_d'], inclusive: true })).toBe('d e')
    })

    test('keyed: rows carry the values of the order, through relations too', async () => {
      const order = totalOrder([by('asc', 'director', 'name'), by('desc', 'addedAt')])
      const [rows = []] = await query({ order, keyed: true, limit: 4 })
      expect(rows.map(row => row[KEY])).toEqual([
        ['Kubrick', '2000-01-01T00:00:00.000Z', 'film_a'],
        ['Kubrick', '1999-12-31T23:59:59.999Z', 'film_b'],
        ['Tarkovsky', null, 'film_c'],
        [null, null, 'film_d'],
      ])
    })

    test('values are plain JSON, missing ones null, sets in order', async () => {
      const fields = [...films.entity('Film').fields.keys()]
      const [rows] = await query({ fields })
      expect(rows).toEqual(LIBRARY.rows.Film)
    })

    test('texts hold any character but NUL: what separates elsewhere is nothing special', async () => {
      const titles = ['\x1f', 'a\x1fb', '\x1e', '\x1e\x1f\x1e', '"\\\n', '', '\u2028']
      const all = [...titles, null]
      const rows = all.map((title, i) => film(`s${i}`, { title, ...(i % 2 ? { rating: 'PG' } : {}) }))
      const from = await harness().load({ rows: { Film: rows }, edges: {} })
      const order = totalOrder([by('asc', 'title')])
      const asked: Query = { entity: 'Film', fields: ['rating', 'title'], order, keyed: true }
      const [list = []] = await read(snapshot => snapshot.pages(asked), from)
      expect(list.map(row => [row.title, row[KEY]])).toEqual(
        [...titles.toSorted(), null].map(title => [title, [title, `film_s${all.indexOf(title)}`]]),
      )
      for (const i of [2, 4]) {
        const [alone] = await read(
          snapshot => snapshot.rows('Film', ['rating', 'title'], [`film_s${i}`]),
          from,
        )
        expect(alone).toEqual({ id: `film_s${i}`, rating: null, title: titles[i] })
      }
    })

    test('only the fields asked for, and id', async () => {
      const [rows] = await query({ fields: ['year'], limit: 1 })
      expect(rows).toEqual([{ id: 'film_a', year: 1968 }])
    })

    test('tenants are apart', async () => {
      const other = await harness().load({ rows: { Film: [film('x', {})] }, edges: {} })
      const all: Query = { entity: 'Film', fields: [], order: totalOrder([]) }
      expect(names((await read(snapshot => snapshot.pages(all), other))[0] ?? [])).toBe('x')
      expect(await found({})).toBe('a b c d e')
      const none = await read(snapshot => snapshot.rows('Film', [], ['film_a']), other)
      expect(none).toEqual([null])
    })
  })

  describe('under', () => {
    const under = async (
      entity: string,
      relation: string,
      ids: readonly string[],
      more: Partial<Query> = {},
    ) => (await query({ under: { entity, relation, ids }, ...more })).map(names)

    test('to-many, one list per parent in the order asked', async () => {
      expect(await under('Person', 'directed', ['person_t', 'person_k', 'person_v'])).toEqual([
        'c',
        'a b',
        '',
      ])
      expect(await under('Film', 'reviews', ['film_a', 'film_c'], { entity: 'Review' })).toEqual(['1 2', ''])
    })

    test('many-to-many from either end', async () => {
      expect(await under('Film', 'tags', ['film_a', 'film_b', 'film_c'], { entity: 'Tag' })).toEqual([
        's',
        's w',
        '',
      ])
      expect(await under('Tag', 'films', ['tag_w', 'tag_s', 'tag_u'])).toEqual(['b', 'a b', ''])
    })

    test('the singular end of a one-to-one', async () => {
      expect(await under('Film', 'poster', ['film_a', 'film_c', 'film_b'], { entity: 'Poster' })).toEqual([
        '1',
        '',
        '2',
      ])
    })

    test('edges show only while both ends are there', async () => {
      // film_b has an edge to a tag that does not exist, tag_u one to a film that does not.
      expect(await under('Film', 'tags', ['film_b'], { entity: 'Tag' })).toEqual(['s w'])
      expect(await under('Tag', 'films', ['tag_u'])).toEqual([''])
    })

    test('missing parents and repeated ones', async () => {
      expect(await under('Tag', 'films', ['tag_none', 'tag_w', 'tag_w'])).toEqual(['', 'b', 'b'])
      expect(await under('Tag', 'films', [])).toEqual([])
    })

    test('limit, order, filter and after count per parent', async () => {
      const parents = ['person_k', 'person_t']
      expect(await under('Person', 'directed', parents, { limit: 1 })).toEqual(['a', 'c'])
      const newest = totalOrder([by('desc', 'year')])
      expect(await under('Person', 'directed', parents, { order: newest, limit: 1 })).toEqual(['a', 'c'])
      const oldest = totalOrder([by('asc', 'year')])
      expect(await under('Person', 'directed', parents, { order: oldest, limit: 1 })).toEqual(['b', 'c'])
      expect(await under('Person', 'directed', parents, { where: year('gt', 1960) })).toEqual(['a', 'c'])
      expect(await under('Person', 'directed', parents, { order: oldest, after: [1957, 'film_b'] })).toEqual([
        'a',
        'c',
      ])
      expect(
        await under('Tag', 'films', ['tag_s'], { order: oldest, limit: 1, after: [1957, 'film_b'] }),
      ).toEqual(['a'])
      expect(await under('Person', 'directed', parents, { order: oldest, limit: 1, reverse: true })).toEqual([
        'a',
        'c',
      ])
      const beforeLast = { order: oldest, limit: 1, reverse: true, before: [1968, 'film_a'] }
      expect(await under('Person', 'directed', parents, beforeLast)).toEqual(['b', ''])
    })
  })
}

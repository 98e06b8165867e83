import { beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import type { AggregateQuery } from '../query/aggregate.ts'
import { totalOrder } from '../query/order.ts'
import { KEY, type Query, type Row } from '../query/query.ts'
import { RANK } from '../query/search.ts'
import { film } from './library.fixture.ts'
import { by, COUNT, type Loaded, names, type Reading, year } from './reading.suite.ts'

/** What full text finds, in which order. */
export function searchReads({ read, harness }: Reading): void {
  describe('search', () => {
    const TITLES = [
      'Star Wars',
      'The Star',
      'Wars of the Star Wars stars',
      'Return of the Jedi',
      'Stardust',
      '\u00c9toile',
    ]
    let shelf: Loaded
    beforeAll(async () => {
      const rows = TITLES.map((title, i) => film(`s${i}`, { title, year: 1970 + i, director: 'person_k' }))
      shelf = await harness().load({
        rows: { Film: rows, Person: [{ id: 'person_k', name: 'K' }] },
        edges: {},
      })
    })
    const all: Query = { entity: 'Film', fields: [], order: totalOrder([]) }
    const hits = async (search: string, more: Partial<Query> = {}) =>
      names((await read(snapshot => snapshot.pages({ ...all, search, ...more }), shelf))[0] ?? [])

    test.each([
      ['wars', 's0 s2'],
      ['WARS star', 's0 s2'],
      ['"star wars"', 's0 s2'],
      ['"wars star"', ''],
      ['"the star"', 's1 s2'],
      ['-wars star', 's1 s4'],
      ['jedi or "wars"', 's0 s2 s3'],
      ['the -"star"', 's3'],
      ['star', 's0 s1 s2 s4'],
      ['star ', 's0 s1 s2'],
      ['return sta', ''],
      ['the sta', 's1 s2'],
      ['star stard', ''],
      ['\u00e9to', 's5'],
      ['nothing', ''],
      ['', ''],
      ['  ', ''],
      ['-', ''],
      ['%', ''],
      ["'", ''],
      ['& | ! :* <->', ''],
    ])('%j finds %j', async (search, expected) => {
      expect(await hits(search)).toBe(expected)
    })

    test('best first, in pages of either direction, with a filter', async () => {
      const order = totalOrder([RANK])
      const ranked = (await hits('star wars', { order })).split(' ')
      expect([...ranked].sort()).toEqual(['s0', 's2'])
      const stars = (await hits('star', { order })).split(' ')
      const walked: string[] = []
      const back: string[] = []
      const ids = (rows: readonly Row[]) => rows.map(({ id }) => id.slice(5))
      const step = async (more: Partial<Query>) => {
        const query = { ...all, search: 'star', order, limit: 1, keyed: true, ...more }
        return (await read(snapshot => snapshot.pages(query), shelf))[0] ?? []
      }
      for (let rows = await step({}); rows[0]; rows = await step({ after: rows[0]?.[KEY] as Json[] })) {
        walked.push(...ids(rows))
      }
      const reverse = true
      for (
        let rows = await step({ reverse });
        rows[0];
        rows = await step({ reverse, before: rows[0]?.[KEY] as Json[] })
      ) {
        back.unshift(...ids(rows))
      }
      expect(walked).toEqual(stars)
      expect(back).toEqual(stars)
      expect(await hits('star', { where: year('gt', 1971) })).toBe('s2 s4')
      expect(await hits('wars', { order: totalOrder([by('desc', 'year')]) })).toBe('s2 s0')
    })

    test('under parents, and counted', async () => {
      const under = { entity: 'Person', relation: 'directed', ids: ['person_k', 'person_none'] }
      const order = totalOrder([RANK])
      const lists = await read(snapshot => snapshot.pages({ ...all, under, search: 'jedi', order }), shelf)
      expect(lists.map(names)).toEqual(['s3', ''])
      const query: AggregateQuery = { entity: 'Film', search: 'star', measures: [COUNT] }
      const count = async (more: Partial<AggregateQuery>) =>
        (await read(snapshot => snapshot.aggregates({ ...query, ...more }), shelf)).map(
          ([one]) => one?.values,
        )
      expect(await count({})).toEqual([[4]])
      expect(await count({ under })).toEqual([[4], [0]])
    })

    test('a text as long as texts may be can be stored and found by its beginning', async () => {
      const words = Array.from({ length: 140_000 }, (_, i) => `w${i}`).join(' ')
      const long: Row = { id: 'review_long', film: 'film_a', stars: 1, text: words }
      const other = await harness().load({ rows: { Review: [long] }, edges: {} })
      const found = async (search: string) =>
        names((await read(snapshot => snapshot.pages({ ...all, entity: 'Review', search }), other))[0] ?? [])
      expect(await found('w100 w9')).toBe('long')
      expect(await found('w139999 ')).toBe('')
    })
  })
}

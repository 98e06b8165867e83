import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import type {
  AggregateQuery,
  FieldMeasure,
  Grouping,
  GroupOrder,
  GroupTest,
  GroupUnit,
} from '../query/aggregate.ts'
import type { Expression } from '../query/expression.ts'
import { film } from './library.fixture.ts'
import { at, COUNT, constant, measure, type Reading, year } from './reading.suite.ts'

/** Numbers about lists and groups. */
export function aggregateReads({ read, harness }: Reading): void {
  describe('aggregates', () => {
    const aggregates = async (more: Partial<AggregateQuery>) =>
      read(snapshot => snapshot.aggregates({ entity: 'Film', measures: [COUNT], ...more }))
    const values = async (more: Partial<AggregateQuery>) => (await aggregates(more))[0]?.[0]?.values
    const groups = async (grouping: Partial<Grouping>, more: Partial<AggregateQuery> = {}) => {
      const whole = { by: [], having: [], order: [], limit: 10, ...grouping }
      const [found = []] = await aggregates({ groups: whole, ...more })
      return found.map(group => [...group.keys, ...group.values])
    }

    test.each<readonly [FieldMeasure, string, Json]>([
      ['countDistinct', 'director', 3],
      ['countDistinct', 'seen', 2],
      ['countDistinct', 'budget', 0],
      ['sum', 'year', '5904'],
      ['sum', 'score', 8],
      ['sum', 'gross', '18014398509481978'],
      ['sum', 'likes', '107'],
      ['sum', 'budget', null],
      ['avg', 'year', 1968],
      ['avg', 'score', 4],
      ['avg', 'likes', 21.4],
      ['avg', 'budget', null],
      ['min', 'year', 1957],
      ['max', 'year', 1979],
      ['min', 'title', '50%_\\'],
      ['max', 'title', '\u{1f600}'],
      ['min', 'released', '1957-10-25'],
      ['max', 'addedAt', '2000-01-01T00:00:00.000Z'],
      ['max', 'gross', '9007199254740994'],
      ['max', 'likes', '100'],
      ['min', 'rating', 'G'],
      ['max', 'budget', null],
    ])('%s of %s is %j', async (kind, field, expected) => {
      expect(await values({ measures: [{ kind, field }] })).toEqual([expected])
    })

    test('decimals are summed as such, to the digit', async () => {
      const budgets = ['0.10', '0.20', '-10.05', '123456789012345678901234567890123456.78', null]
      const rows = budgets.map((budget, i) => film(`m${i}`, { budget }))
      const other = await harness().load({ rows: { Film: rows }, edges: {} })
      const measures = [measure('sum', 'budget'), measure('min', 'budget'), measure('avg', 'budget')]
      const small: Expression = { kind: 'in', left: at('budget'), values: ['0.10', '0.20', '-10.05'] }
      const sums = async (more: Partial<AggregateQuery>) =>
        (await read(snapshot => snapshot.aggregates({ entity: 'Film', measures, ...more }), other))[0]?.[0]
          ?.values
      expect(await sums({ where: small })).toEqual(['-9.75', '-10.05', -3.25])
      expect(await sums({})).toEqual([
        '123456789012345678901234567890123447.03',
        '-10.05',
        1.2345678901234568e35 / 4,
      ])
    })

    test('several at once, in the order asked, over the filter', async () => {
      const measures = [measure('sum', 'year'), COUNT, measure('max', 'title')]
      expect(await values({ measures, where: year('lt', 1970) })).toEqual(['3925', 2, 'Paths of Glory'])
    })

    test('of nothing: 0 counted, null measured', async () => {
      const measures = [
        COUNT,
        measure('countDistinct', 'year'),
        measure('sum', 'year'),
        measure('avg', 'year'),
      ]
      const nothing: Expression = { kind: 'or', of: [] }
      expect(await values({ measures, where: nothing })).toEqual([0, 0, null, null])
    })

    test('sums are longer than 64 bits, and do not depend on the order of doubles', async () => {
      const scores = [1e300, 1, -1e300, 0.1, 0.2, -0.3, 1.7e308, 1.7e308, -1.7e308, -1.7e308]
      const rows = scores.map((score, i) => film(`s${i}`, { score, gross: '9223372036854775807' }))
      const other = await harness().load({ rows: { Film: rows }, edges: {} })
      const measures = [measure('sum', 'gross'), measure('sum', 'score'), measure('avg', 'score')]
      const all: AggregateQuery = { entity: 'Film', measures }
      expect((await read(snapshot => snapshot.aggregates(all), other))[0]?.[0]?.values).toEqual([
        '92233720368547758070',
        1,
        0.1,
      ])
      const great: AggregateQuery = {
        ...all,
        where: { kind: 'gt', left: at('score'), right: constant(1e307) },
      }
      expect((await read(snapshot => snapshot.aggregates(great), other))[0]?.[0]?.values).toEqual([
        '18446744073709551614',
        null,
        null,
      ])
    })

    test('under parents: one group each, for parents without rows and for none', async () => {
      const under = { entity: 'Person', relation: 'directed', ids: ['person_t', 'person_v', 'person_k'] }
      const measures = [COUNT, measure('min', 'year')]
      const lists = await aggregates({ under, measures })
      expect(lists.map(list => list.map(group => group.values))).toEqual([
        [[1, 1979]],
        [[0, null]],
        [[2, 1957]],
      ])
      const newer = await aggregates({ under, measures, where: year('gt', 1960) })
      expect(newer.map(list => list[0]?.values)).toEqual([
        [1, 1979],
        [0, null],
        [1, 1968],
      ])
      const tags = { entity: 'Film', relation: 'tags', ids: ['film_b', 'film_a', 'film_none'] }
      expect((await aggregates({ entity: 'Tag', under: tags })).map(list => list[0]?.values)).toEqual([
        [2],
        [1],
        [0],
      ])
      expect(await aggregates({ under: { ...under, ids: [] } })).toEqual([])
    })

    test('groups by own fields and to-one ids, missing values together, keys rising', async () => {
      expect(await groups({ by: [{ field: 'director' }] })).toEqual([
        ['person_gone', 1],
        ['person_k', 2],
        ['person_t', 1],
        [null, 1],
      ])
      expect(await groups({ by: [{ field: 'seen' }, { field: 'rating' }] })).toEqual([
        [false, 'PG', 1],
        [false, 'R', 1],
        [false, null, 2],
        [true, 'G', 1],
      ])
      expect(await groups({ by: [{ field: 'director' }], limit: 1 })).toEqual([['person_gone', 1]])
      expect(await groups({ by: [{ field: 'director' }] }, { where: year('gt', 3000) })).toEqual([])
    })

    test('days and times are cut to a unit', async () => {
      const rows = ['2000-02-29', '2000-02-01', '2000-12-31', null].map((released, i) =>
        film(`d${i}`, { released, addedAt: released && `${released}T23:59:59.999Z` }),
      )
      const other = await harness().load({ rows: { Film: rows }, edges: {} })
      const keys = async (field: string, unit: GroupUnit) => {
        const groups = { by: [{ field, unit }], having: [], order: [], limit: 10 }
        const query: AggregateQuery = { entity: 'Film', measures: [COUNT], groups }
        const [found = []] = await read(snapshot => snapshot.aggregates(query), other)
        return found.map(group => [...group.keys, ...group.values])
      }
      expect(await keys('released', 'month')).toEqual([
        ['2000-02-01', 2],
        ['2000-12-01', 1],
        [null, 1],
      ])
      expect(await keys('released', 'year')).toEqual([
        ['2000-01-01', 3],
        [null, 1],
      ])
      expect(await keys('addedAt', 'day')).toContainEqual(['2000-02-29T00:00:00.000Z', 1])
      expect(await keys('addedAt', 'hour')).toContainEqual(['2000-12-31T23:00:00.000Z', 1])
      expect(await keys('addedAt', 'month')).toContainEqual(['2000-02-01T00:00:00.000Z', 2])
    })

    test('having and order: by measures that are not asked for, too', async () => {
      const by = [{ field: 'director' }]
      const many: GroupTest = { kind: 'gt', measure: COUNT, value: 1 }
      expect(await groups({ by, having: [many] })).toEqual([['person_k', 2]])
      const likes: GroupTest = { kind: 'gte', measure: measure('sum', 'likes'), value: '7' }
      expect(await groups({ by, having: [likes] })).toEqual([
        ['person_k', 2],
        ['person_t', 1],
      ])
      const named: GroupTest = { kind: 'in', measure: measure('max', 'rating'), values: ['R', 'PG'] }
      expect(await groups({ by, having: [named] })).toEqual([
        ['person_k', 2],
        ['person_t', 1],
      ])
      const unmeasured: GroupTest = { kind: 'isNull', measure: measure('avg', 'year') }
      expect(await groups({ by, having: [unmeasured] })).toEqual([
        ['person_gone', 1],
        [null, 1],
      ])
      expect(await groups({ by, order: [{ measure: measure('avg', 'year'), direction: 'asc' }] })).toEqual([
        ['person_k', 2],
        ['person_t', 1],
        ['person_gone', 1],
        [null, 1],
      ])
      const order: readonly GroupOrder[] = [
        { measure: COUNT, direction: 'asc' },
        { key: 0, direction: 'desc' },
      ]
      expect(await groups({ by, order, limit: 3 })).toEqual([
        [null, 1],
        ['person_t', 1],
        ['person_gone', 1],
      ])
    })
  })
}

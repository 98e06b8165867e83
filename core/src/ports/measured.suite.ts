import fc from 'fast-check'
import { expect } from 'vitest'
import {
  type AggregateQuery,
  type FieldMeasure,
  type GroupKey,
  type GroupTest,
  isGroupable,
  type Measure,
  measureType,
  resultType,
} from '../query/aggregate.ts'
import { checkAggregate } from '../query/checkAggregate.ts'
import { expressions } from '../query/expression.suite.ts'
import { type Fixture, films, lookupOf } from '../query/films.suite.ts'
import { aggregates } from '../query/measure.ts'
import { familyOf } from '../query/scalar.ts'
import type { Snapshot } from './reader.ts'

const KINDS: readonly FieldMeasure[] = ['countDistinct', 'sum', 'avg', 'min', 'max']
const UNITS = ['year', 'month', 'day', 'hour'] as const

const { readable: fields } = films.entity('Film')
const MEASURES: readonly Measure[] = [
  { kind: 'count' },
  ...[...fields.values()].flatMap(field =>
    KINDS.filter(kind => measureType(field, kind)).map(kind => ({ kind, field: field.name })),
  ),
]

const keys: fc.Arbitrary<readonly GroupKey[]> = fc
  .subarray([...fields.values()].filter(isGroupable), { minLength: 1, maxLength: 3 })
  .chain(chosen =>
    fc.tuple(
      ...chosen.map(({ name, type }) => {
        const timed = type.kind === 'scalar' && (type.scalar === 'date' || type.scalar === 'datetime')
        const unit = timed ? fc.option(fc.constantFrom(...UNITS), { nil: undefined }) : fc.constant(undefined)
        return unit.map((cut): GroupKey => (cut ? { field: name, unit: cut } : { field: name }))
      }),
    ),
  )

const measure = fc.constantFrom(...MEASURES)
const direction = fc.constantFrom('asc' as const, 'desc' as const)

/** Of each type a value or two that groups are likely to have. */
const VALUES: { readonly [scalar: string]: readonly (string | number)[] } = {
  int: [0, 1, 2],
  float: [0, 0.1, 1],
  bigint: ['-1', '0', '2'],
  date: ['1999-03-31', '2000-01-01'],
}

const test: fc.Arbitrary<GroupTest> = measure.chain((one): fc.Arbitrary<GroupTest> => {
  const type = resultType(fields, one)
  const values = type.kind === 'scalar' ? VALUES[type.scalar] : undefined
  const absent = fc
    .constantFrom('isNull' as const, 'isNotNull' as const)
    .map((kind): GroupTest => ({ kind, measure: one }))
  if (familyOf(type) === 'text') {
    const texts = fc
      .tuple(
        fc.constantFrom('contains' as const, 'startsWith' as const),
        fc.constantFrom('', 'a', 'G', '\u{1f600}'),
      )
      .map(([kind, text]): GroupTest => ({ kind, measure: one, text }))
    return fc.oneof(texts, absent)
  }
  if (!values) return absent
  const compared = fc
    .tuple(fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), fc.constantFrom(...values))
    .map(([kind, value]): GroupTest => ({ kind, measure: one, value }))
  const listed = fc
    .tuple(fc.constantFrom('in' as const, 'notIn' as const), fc.subarray([...values]))
    .map(([kind, list]): GroupTest => ({ kind, measure: one, values: list }))
  return fc.oneof(compared, listed, absent)
})

/** Aggregates of films: of all, below parents, or in groups. */
export const measured: fc.Arbitrary<AggregateQuery> = fc
  .record({
    where: fc.option(expressions('Film'), { nil: undefined }),
    measures: fc.subarray([...MEASURES], { minLength: 1, maxLength: 6 }),
    shape: fc.constantFrom('all', 'under', 'groups'),
    by: keys,
    having: fc.array(test, { maxLength: 2 }),
    order: fc.array(
      fc.oneof(fc.record({ measure, direction }), fc.record({ key: fc.constant(0), direction })),
      { maxLength: 2 },
    ),
    limit: fc.integer({ min: 0, max: 5 }),
    relation: fc.constantFrom(
      { entity: 'Person', relation: 'directed', ids: ['person_0', 'person_1', 'person_9'] },
      { entity: 'Tag', relation: 'films', ids: ['tag_0', 'tag_1', 'tag_1'] },
    ),
  })
  .map(({ where, measures, shape, by, having, order, limit, relation }) => ({
    entity: 'Film',
    measures,
    ...(where ? { where } : {}),
    ...(shape === 'under' ? { under: relation } : {}),
    ...(shape === 'groups' ? { groups: { by, having, order, limit } } : {}),
  }))

/** The reader's numbers beside those counted one by one in memory. */
export async function compareAggregates(
  snapshot: Snapshot,
  fixture: Fixture,
  query: AggregateQuery,
): Promise<void> {
  expect(checkAggregate(films, query)).toEqual([])
  const source = { ...lookupOf(fixture), rows: (entity: string) => fixture.rows[entity] ?? [] }
  expect(await snapshot.aggregates(query)).toEqual(aggregates(films, source, query))
}

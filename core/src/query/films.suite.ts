import fc from 'fast-check'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { Computation, ComputedIR, EntityIR, FieldIR, ModelIR, TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import type { Lookup } from './evaluate.ts'
import type { Row } from './query.ts'

const path = (...names: string[]): Computation => ({ kind: 'path', path: names })
const INT: TypeIR = { kind: 'scalar', scalar: 'int' }
const computed = (name: string, type: TypeIR, optional: boolean, says: Computation): ComputedIR => ({
  name,
  type,
  optional,
  says,
  graphql: {},
})

/** What a review is about: a film or a person. */
const ABOUT: FieldIR = {
  name: 'about',
  number: 4,
  crdt: 'register',
  type: { kind: 'refs', to: ['Film', 'Person'], onDelete: 'setNull' },
  optional: true,
  once: false,
  graphql: {},
}

/** What each entity has beyond `filmModel`: computed fields of each type, a polymorphic relation and its other ends. */
const MORE: { readonly [entity: string]: (entity: EntityIR) => Partial<EntityIR> } = {
  Film: ({ inverses }) => ({
    inverses: [...inverses, { kind: 'many', name: 'mentions', from: 'Review', via: 'about' }],
    computed: [
      computed('crowd', INT, false, { kind: 'count', path: ['reviews'] }),
      computed('heat', { kind: 'scalar', scalar: 'bigint' }, true, {
        kind: 'times',
        left: path('likes'),
        right: path('year'),
      }),
      computed('worth', { kind: 'scalar', scalar: 'decimal', scale: 4 }, false, {
        kind: 'sum',
        path: ['reviews'],
        of: { kind: 'times', left: path('stars'), right: path('film', 'share') },
      }),
      computed('mood', { kind: 'scalar', scalar: 'float' }, true, {
        kind: 'plus',
        left: path('score'),
        right: { kind: 'value', value: '0.5' },
      }),
      computed('lead', { kind: 'scalar', scalar: 'string' }, true, path('director', 'name')),
      computed('opened', { kind: 'scalar', scalar: 'date' }, true, path('released')),
    ],
  }),
  Person: ({ inverses }) => ({
    inverses: [...inverses, { kind: 'many', name: 'mentions', from: 'Review', via: 'about' }],
    computed: [computed('films', INT, false, { kind: 'count', path: ['directed'] })],
  }),
  Review: ({ fields }) => ({ fields: [...fields, ABOUT] }),
}

const model: ModelIR = {
  ...filmModel,
  entities: filmModel.entities.map(entity => ({ ...entity, ...MORE[entity.name]?.(entity) })),
}

/** `filmModel` and what else can be asked about. */
export const films = catalog(model)

/**
 * Random rows over `filmModel`, for the tests that hold the evaluator to its laws and SQL to the evaluator. Values come from
 * small pools, so that expressions hit rows, ties happen and nulls are common.
 */
export interface Fixture {
  readonly rows: { readonly [entity: string]: readonly Row[] }
  /** By relation: pairs of ids. */
  readonly edges: { readonly [relation: string]: readonly (readonly [from: string, to: string])[] }
}

/** Ordered by code point: U+FF5E comes before U+1F600, which UTF-16 units would have the other way round. */
export const TEXTS = [
  '',
  '\x1e',
  'a\x1fb',
  'A',
  'B',
  'a',
  'a%b',
  'a_b',
  'ab',
  'b',
  'z',
  '\u00e9',
  '\ud7ff',
  '\uff5e',
  '\u{1f600}',
] as const
export const INTS = [-(2 ** 31), -1, 0, 1, 1999, 2 ** 31 - 1]
export const FLOATS = [-1.5, 0, 0.1, 0.30000000000000004, 7, 1e300, 5e-324]
export const BIGINTS = [
  '-9223372036854775808',
  '-10',
  '-9',
  '0',
  '9',
  '10',
  '9007199254740993',
  '9223372036854775807',
]
export const DECIMALS = [
  '-10.00',
  '-9.99',
  '0.00',
  '0.50',
  '9.99',
  '10.00',
  '123456789012345678901234567890123456.78',
]
/** The same numbers are written differently where the scale is another. */
export const SHARES = ['-10.0000', '-0.0001', '0.0000', '0.5000', '9.9900', '10.0000']
export const BYTES = ['', 'AA', 'AAA', '_w', 'AQID']
const FACTS: readonly Json[] = [{}, [], '', 0, false, { b: [null, { a: 1e300 }], a: '\u{1f600}' }]
export const DATES = ['0001-01-01', '1969-12-31', '1999-03-31', '2000-02-29', '9999-12-31']
export const TIMES = [
  '0001-01-01T00:00:00.000Z',
  '1999-12-31T23:59:59.999Z',
  '2000-01-01T00:00:00.000Z',
  '2026-11-21T10:00:00.120Z',
]
export const RATINGS = ['G', 'PG', 'R']

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}_${i}`)
export const FILMS = ids('film', 8)
export const PEOPLE = ids('person', 3)
const STUDIOS = ids('studio', 2)
const REVIEWS = ids('review', 8)
const TAGS = ids('tag', 4)
const POSTERS = ids('poster', 3)

export const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const optional = <T>(values: readonly T[]): fc.Arbitrary<T | null> => fc.option(pick(values), { freq: 3 })
/** Some references dangle: they name rows that do not exist. */
const dangling = (values: readonly string[]) => pick([...values, `${values[0]}-gone`])

const MEMBERS: { readonly [entity: string]: { readonly [field: string]: fc.Arbitrary<Json> } } = {
  Film: {
    title: pick(TEXTS),
    year: optional(INTS),
    score: optional(FLOATS),
    seen: fc.boolean(),
    released: optional(DATES),
    addedAt: optional(TIMES),
    gross: optional(BIGINTS),
    rating: optional(RATINGS),
    likes: pick(['-1', '0', '2', '10']),
    moods: fc.subarray(['a', 'b', '\u{1f600}']),
    director: fc.option(dangling(PEOPLE), { freq: 3 }),
    studio: fc.option(dangling(STUDIOS), { freq: 3 }),
    budget: optional(DECIMALS),
    share: pick(SHARES),
    cover: optional(BYTES),
    facts: optional(FACTS),
  },
  Person: { name: pick(TEXTS) },
  Studio: { name: pick(TEXTS) },
  Review: {
    film: dangling(FILMS),
    text: pick(TEXTS),
    stars: pick([1, 2, 5]),
    about: fc.option(dangling([...FILMS, ...PEOPLE]), { freq: 3 }),
  },
  Tag: { name: pick(TEXTS) },
  Poster: { film: fc.constant(''), url: pick(TEXTS) },
}

const rowsOf = (entity: string, all: readonly string[]): fc.Arbitrary<readonly Row[]> =>
  fc
    .tuple(
      fc.subarray([...all]),
      fc.array(fc.record(MEMBERS[entity] ?? {}), { minLength: all.length, maxLength: all.length }),
    )
    .map(([chosen, values]) => chosen.map((id, i): Row => ({ ...values[i], id })))

/** A small database. One-to-one holds: no two posters of one film. */
export const fixtures: fc.Arbitrary<Fixture> = fc
  .record({
    Film: rowsOf('Film', FILMS),
    Person: rowsOf('Person', PEOPLE),
    Studio: rowsOf('Studio', STUDIOS),
    Review: rowsOf('Review', REVIEWS),
    Tag: rowsOf('Tag', TAGS),
    Poster: rowsOf('Poster', POSTERS),
    posterOf: fc.shuffledSubarray(FILMS, { minLength: POSTERS.length, maxLength: POSTERS.length }),
    pairs: fc.uniqueArray(fc.tuple(pick(FILMS), pick(TAGS)), {
      maxLength: 12,
      selector: pair => pair.join('|'),
    }),
  })
  .map(({ posterOf, pairs, ...rows }) => ({
    rows: { ...rows, Poster: rows.Poster.map((row, i) => ({ ...row, film: posterOf[i] ?? '' })) },
    edges: { 'Film.tags': pairs },
  }))

/** Reads a fixture by scanning it, without any index: what readers are compared with. */
export function lookupOf({ rows, edges }: Fixture): Lookup {
  const row = (entity: string, id: string) => rows[entity]?.find(other => other.id === id) ?? null
  return {
    row,
    related: (entity, name, id) => {
      const relation = films.entity(entity).inverses.get(name)
      if (!relation) throw new Error(`${entity} has no relation ${name}`)
      if (relation.kind !== 'edges')
        return (rows[relation.from] ?? []).filter(other => other[relation.via] === id)
      const { from, to } = films.relation(relation.relation)
      const pairs = edges[relation.relation] ?? []
      return relation.end === 'from'
        ? pairs.filter(pair => pair[0] === id).flatMap(pair => row(to, pair[1]) ?? [])
        : pairs.filter(pair => pair[1] === id).flatMap(pair => row(from, pair[0]) ?? [])
    },
  }
}

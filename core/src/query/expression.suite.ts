import fc from 'fast-check'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { Computation, ComputedIR, EntityIR, FieldIR, ModelIR, TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import type { Lookup } from './evaluate.ts'
import type { Comparison, Expression, Operand, TextTest } from './expression.ts'
import { totalOrder } from './order.ts'
import type { Order, Row } from './query.ts'

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
 * Random rows, expressions and orders over `filmModel`, for the tests that hold the evaluator to its laws and SQL to
 * the evaluator. Values come from small pools, so that expressions hit rows, ties happen and nulls are common.
 */
export interface Fixture {
  readonly rows: { readonly [entity: string]: readonly Row[] }
  /** By relation: pairs of ids. */
  readonly edges: { readonly [relation: string]: readonly (readonly [from: string, to: string])[] }
}

/** Ordered by code point: U+FF5E comes before U+1F600, which UTF-16 units would have the other way round. */
const TEXTS = [
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
const INTS = [-(2 ** 31), -1, 0, 1, 1999, 2 ** 31 - 1]
const FLOATS = [-1.5, 0, 0.1, 0.30000000000000004, 7, 1e300, 5e-324]
const BIGINTS = [
  '-9223372036854775808',
  '-10',
  '-9',
  '0',
  '9',
  '10',
  '9007199254740993',
  '9223372036854775807',
]
const DECIMALS = [
  '-10.00',
  '-9.99',
  '0.00',
  '0.50',
  '9.99',
  '10.00',
  '123456789012345678901234567890123456.78',
]
/** The same numbers are written differently where the scale is another. */
const SHARES = ['-10.0000', '-0.0001', '0.0000', '0.5000', '9.9900', '10.0000']
const BYTES = ['', 'AA', 'AAA', '_w', 'AQID']
const FACTS: readonly Json[] = [{}, [], '', 0, false, { b: [null, { a: 1e300 }], a: '\u{1f600}' }]
const DATES = ['0001-01-01', '1969-12-31', '1999-03-31', '2000-02-29', '9999-12-31']
const TIMES = [
  '0001-01-01T00:00:00.000Z',
  '1999-12-31T23:59:59.999Z',
  '2000-01-01T00:00:00.000Z',
  '2026-11-21T10:00:00.120Z',
]
const RATINGS = ['G', 'PG', 'R']

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}_${i}`)
const FILMS = ids('film', 8)
const PEOPLE = ids('person', 3)
const STUDIOS = ids('studio', 2)
const REVIEWS = ids('review', 8)
const TAGS = ids('tag', 4)
const POSTERS = ids('poster', 3)

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
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

/** A field that can be compared, by its path from an entity, with values to compare it with. */
interface Field {
  readonly path: readonly string[]
  readonly family: 'text' | 'number' | 'integer' | 'decimal' | 'boolean' | 'date' | 'datetime' | 'id'
  readonly values: readonly Json[]
}

const OWN: { readonly [entity: string]: readonly Field[] } = {
  Film: [
    { path: ['id'], family: 'id', values: FILMS },
    { path: ['title'], family: 'text', values: TEXTS },
    { path: ['year'], family: 'number', values: INTS },
    { path: ['score'], family: 'number', values: FLOATS },
    { path: ['seen'], family: 'boolean', values: [false, true] },
    { path: ['released'], family: 'date', values: DATES },
    { path: ['addedAt'], family: 'datetime', values: TIMES },
    { path: ['gross'], family: 'integer', values: BIGINTS },
    { path: ['rating'], family: 'text', values: RATINGS },
    { path: ['likes'], family: 'integer', values: BIGINTS },
    { path: ['director'], family: 'id', values: PEOPLE },
    { path: ['budget'], family: 'decimal', values: DECIMALS },
    { path: ['share'], family: 'decimal', values: SHARES },
    { path: ['crowd'], family: 'number', values: [0, 1, 2] },
    { path: ['heat'], family: 'integer', values: BIGINTS },
    { path: ['worth'], family: 'decimal', values: SHARES },
    { path: ['mood'], family: 'number', values: [-1, 0.5, 0.6, 7.5] },
    { path: ['lead'], family: 'text', values: TEXTS },
    { path: ['opened'], family: 'date', values: DATES },
  ],
  Person: [
    { path: ['name'], family: 'text', values: TEXTS },
    { path: ['id'], family: 'id', values: PEOPLE },
    { path: ['films'], family: 'number', values: [0, 1, 2] },
  ],
  Studio: [{ path: ['name'], family: 'text', values: TEXTS }],
  Review: [
    { path: ['text'], family: 'text', values: TEXTS },
    { path: ['stars'], family: 'number', values: [1, 2, 5] },
    { path: ['film'], family: 'id', values: FILMS },
    { path: ['about'], family: 'id', values: [...FILMS, ...PEOPLE] },
  ],
  Tag: [{ path: ['name'], family: 'text', values: TEXTS }],
  Poster: [{ path: ['url'], family: 'text', values: TEXTS }],
}

/** Fields without an order: the operators that they have, by their path. */
const EQUAL: { readonly [entity: string]: readonly (readonly string[])[] } = {
  Film: [['cover']],
  Review: [['film', 'cover']],
}
const NULLABLE: { readonly [entity: string]: readonly (readonly string[])[] } = {
  Film: [['cover'], ['facts']],
  Review: [['film', 'facts']],
}

/** To-one and single relations that paths go through. */
const SINGLE: { readonly [entity: string]: readonly (readonly [relation: string, to: string])[] } = {
  Film: [
    ['director', 'Person'],
    ['studio', 'Studio'],
    ['poster', 'Poster'],
  ],
  Review: [
    ['film', 'Film'],
    ['about#Film', 'Film'],
    ['about#Person', 'Person'],
  ],
  Poster: [['film', 'Film']],
}

const MANY: { readonly [entity: string]: readonly (readonly [relation: string, to: string])[] } = {
  Film: [
    ['reviews', 'Review'],
    ['tags', 'Tag'],
    ['mentions', 'Review'],
  ],
  Person: [
    ['directed', 'Film'],
    ['mentions', 'Review'],
  ],
  Studio: [['films', 'Film']],
  Tag: [['films', 'Film']],
}

/** Fields of the entity and, through at most two relations, of others. */
function fieldsOf(entity: string, depth = 2): readonly Field[] {
  const own = OWN[entity] ?? []
  if (depth === 0) return own
  const further = (SINGLE[entity] ?? []).flatMap(([relation, to]) =>
    fieldsOf(to, depth - 1).map(field => ({ ...field, path: [relation, ...field.path] })),
  )
  return [...own, ...further]
}

function manyOf(entity: string): readonly { readonly path: readonly string[]; readonly to: string }[] {
  const own = (MANY[entity] ?? []).map(([relation, to]) => ({ path: [relation], to }))
  const further = (SINGLE[entity] ?? []).flatMap(([step, target]) =>
    (MANY[target] ?? []).map(([relation, to]) => ({ path: [step, relation], to })),
  )
  return [...own, ...further]
}

const at = (path: readonly string[]): Operand => ({ kind: 'path', path })

function leaf(entity: string): fc.Arbitrary<Expression> {
  const fields = fieldsOf(entity)
  const own = pick(OWN[entity] ?? [])
  const any = fc.oneof({ weight: 2, arbitrary: own }, { weight: 1, arbitrary: pick(fields) })
  const texts = pick(fields.filter(({ family }) => family === 'text'))
  const leaves: fc.Arbitrary<Expression>[] = [
    fc.tuple(any, pick<Comparison>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte'])).chain(([field, kind]) =>
      right(fields, field).chain(other =>
        // Constants stand on either side.
        fc
          .boolean()
          .map(
            (swap): Expression =>
              swap
                ? { kind, left: other, right: at(field.path) }
                : { kind, left: at(field.path), right: other },
          ),
      ),
    ),
    fc
      .tuple(any, pick(['in', 'notIn'] as const))
      .chain(([field, kind]) =>
        fc.subarray([...field.values]).map((values): Expression => ({ kind, left: at(field.path), values })),
      ),
    fc
      .tuple(any, pick(['isNull', 'isNotNull'] as const))
      .map(([{ path }, kind]) => ({ kind, left: at(path) })),
    fc
      .tuple(texts, pick<TextTest>(['contains', 'notContains', 'startsWith', 'notStartsWith']), pick(TEXTS))
      .map(([{ path }, kind, text]) => ({ kind, left: at(path), text })),
  ]
  const sets = entity === 'Film' ? [['moods']] : entity === 'Review' ? [['film', 'moods']] : []
  if (sets.length) {
    leaves.push(
      fc
        .tuple(pick(sets), pick(['has', 'hasNot'] as const), pick(['a', 'b', '\u{1f600}', 'none']))
        .map(([path, kind, element]) => ({ kind, left: at(path), element })),
    )
  }
  const equal = EQUAL[entity]?.map(at) ?? []
  if (equal.length) {
    leaves.push(
      fc
        .tuple(pick(equal), pick(['eq', 'ne'] as const), pick(BYTES))
        .map(([left, kind, value]) => ({ kind, left, right: { kind: 'value', value } })),
      fc
        .tuple(pick(equal), pick(['in', 'notIn'] as const), fc.subarray(BYTES))
        .map(([left, kind, values]) => ({ kind, left, values })),
    )
  }
  const nullable = NULLABLE[entity]?.map(at) ?? []
  if (nullable.length) {
    leaves.push(
      fc
        .tuple(pick(nullable), pick(['isNull', 'isNotNull'] as const))
        .map(([left, kind]) => ({ kind, left })),
    )
  }
  return fc.oneof(...leaves)
}

/** Mostly a constant, sometimes another field of the same family. */
function right(fields: readonly Field[], { family, values }: Field): fc.Arbitrary<Operand> {
  const constant = pick(values).map((value): Operand => ({ kind: 'value', value }))
  const field = pick(fields.filter(other => other.family === family)).map(({ path }) => at(path))
  return fc.oneof({ weight: 3, arbitrary: constant }, { weight: 1, arbitrary: field })
}

/** Checked expressions over rows of `entity`, nested at most `depth` deep. */
export function expressions(entity: string, depth = 3): fc.Arbitrary<Expression> {
  if (depth <= 1) return leaf(entity)
  const inner = expressions(entity, depth - 1)
  const group = fc
    .tuple(pick(['and', 'or'] as const), fc.array(inner, { maxLength: 3 }))
    .map(([kind, of]): Expression => ({ kind, of }))
  const relations = manyOf(entity)
  if (!relations.length) return fc.oneof({ weight: 2, arbitrary: leaf(entity) }, group)
  const over = fc
    .tuple(pick(relations), pick(['some', 'none'] as const))
    .chain(([{ path, to }, kind]) =>
      expressions(to, depth - 1).map((where): Expression => ({ kind, path, where })),
    )
  return fc.oneof({ weight: 2, arbitrary: leaf(entity) }, group, over)
}

/** Total orders of `entity`, by up to three fields, through to-one relations too. */
export function orders(entity: string): fc.Arbitrary<readonly Order[]> {
  const item = fc.record({
    path: pick(fieldsOf(entity, 1).map(({ path }) => path)),
    direction: pick(['asc', 'desc'] as const),
  })
  return fc.array(item, { maxLength: 3 }).map(totalOrder)
}

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

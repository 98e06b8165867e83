import fc from 'fast-check'
import type { Json } from '../json.ts'
import type { Comparison, Expression, Operand, TextTest } from './expression.ts'
import {
  BIGINTS,
  BYTES,
  DATES,
  DECIMALS,
  FILMS,
  FLOATS,
  INTS,
  PEOPLE,
  pick,
  RATINGS,
  SHARES,
  TEXTS,
  TIMES,
} from './films.suite.ts'
import { totalOrder } from './order.ts'
import type { Order } from './query.ts'

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

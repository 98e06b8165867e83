import { expect, test } from 'vitest'
import { compareModels } from './compare.ts'
import { filmModel } from './film.fixture.ts'
import type { EntityIR, ModelIR } from './ir.ts'
import { numbered, type Renames } from './lock.ts'
import { edges, entity, field, modelOf, oneOf, refTo, text } from './model.fixture.ts'

const int = { kind: 'scalar', scalar: 'int' } as const

/** Compares as an upgrade would: both models numbered by one line of locks. */
function steps(old: ModelIR, next: ModelIR, renames?: Renames) {
  const first = numbered(old, null)
  const second = numbered(next, first.lock, renames)
  expect(second.problems).toEqual([])
  const { additive, destructive, problems } = compareModels(first.model, second.model)
  return {
    additive: additive.map(step => `${step.kind}: ${step.text}`),
    destructive: destructive.map(step => `${step.kind}: ${step.text}`),
    problems: problems.map(({ code, path }) => `${code} ${path.join('.')}`),
  }
}

function film(...fields: EntityIR['fields']): EntityIR {
  return entity('Film', fields)
}

test('a model has no steps to itself, nor to one that only differs in GraphQL', () => {
  const nothing = { additive: [], destructive: [], problems: [] }
  expect(steps(filmModel, filmModel)).toEqual(nothing)
  const renamed = {
    ...filmModel,
    entities: filmModel.entities.map(own => ({ ...own, graphql: { name: `X${own.name}` } })),
  }
  expect(steps(filmModel, renamed)).toEqual(nothing)
})

test('additions', () => {
  const next = modelOf(
    entity(
      'Film',
      [
        field('title'),
        field('year', int, { optional: true }),
        field('seen', { kind: 'scalar', scalar: 'boolean' }, { default: false }),
        field('likes', { kind: 'scalar', scalar: 'bigint' }, { crdt: 'counter' }),
        field('rating', oneOf('PG', 'G')),
      ],
      { indexes: [{ on: ['year'], kind: 'btree' }], inverses: [edges('tags', 'Film.tags', 'from')] },
    ),
    entity('Tag', [field('name')], {
      inverses: [edges('films', 'Film.tags', 'to')],
      indexes: [{ on: ['name'], kind: 'hash' }],
    }),
  )
  expect(steps(modelOf(film(field('title'), field('rating', oneOf('G')))), next)).toMatchInlineSnapshot(`
    {
      "additive": [
        "addField: add Film.year",
        "addField: add Film.seen, false in the rows that are there",
        "addField: add Film.likes",
        "addEnumValue: Film.rating gets the value 'PG'",
        "addIndex: add the btree index of Film on year",
        "addEntity: add Tag with name",
        "addIndex: add the hash index of Tag on name",
        "addRelation: add the relation Film.tags from Film to Tag",
      ],
      "destructive": [],
      "problems": [],
    }
  `)
})

test('removals and changes that could lose something', () => {
  const old = modelOf(
    entity(
      'Film',
      [
        field('title'),
        field('year', int, { optional: true }),
        field('plot'),
        field('rating', oneOf('G', 'PG')),
        field('studio', refTo('Studio'), { optional: true }),
        field('owner', refTo('Person'), { optional: true }),
      ],
      { inverses: [edges('tags', 'Film.tags', 'from')] },
    ),
    entity('Tag', [], { inverses: [edges('films', 'Film.tags', 'to')] }),
    entity('Studio', [field('name', text, { once: true })], { key: ['name'] }),
    entity('Person'),
  )
  const next = modelOf(
    film(
      field('title', int),
      field('year', int),
      field('rating', oneOf('G')),
      field('studio', refTo('Studio', 'restrict', true), { optional: true }),
      field('owner', refTo('Studio'), { optional: true }),
    ),
    entity('Studio', [field('name', text, { once: true })]),
  )
  expect(steps(old, next)).toMatchInlineSnapshot(`
    {
      "additive": [],
      "destructive": [
        "removeEntity: drop Tag and all its rows",
        "removeEntity: drop Person and all its rows",
        "removeField: drop Film.plot and its values",
        "changeType: Film.title would be int instead of string",
        "makeRequired: Film.year would be required, and rows may be without it",
        "removeEnumValue: Film.rating would lose the value 'PG'",
        "changeType: Film.owner would be a reference to Studio instead of a reference to Person",
        "addUnique: Film.studio would be one-to-one, and several rows may refer to the same Studio",
        "changeKey: ids of Studio would be made from chance instead of name",
        "removeRelation: drop the relation Film.tags and its edges",
      ],
      "problems": [],
    }
  `)
})

test('a required field added later needs a default', () => {
  const next = modelOf(
    film(field('title'), field('year', int), field('twin', refTo('Other'))),
    entity('Other'),
  )
  expect(steps(modelOf(film(field('title')), entity('Other')), next).problems).toEqual([
    'NEEDS_DEFAULT Film.year',
    'NEEDS_DEFAULT Film.twin',
  ])
})

test('renames keep everything, references and indexes included', () => {
  const old = modelOf(
    entity('Film', [field('title'), field('by', refTo('Person'))], {
      indexes: [{ on: ['title'], kind: 'btree' }],
      inverses: [edges('tags', 'Film.tags', 'from')],
    }),
    entity('Person'),
    entity('Tag', [], { inverses: [edges('films', 'Film.tags', 'to')] }),
  )
  const next = modelOf(
    entity('Movie', [field('headline'), field('by', refTo('Human'))], {
      indexes: [{ on: ['headline'], kind: 'btree' }],
      inverses: [edges('tags', 'Movie.tags', 'from')],
    }),
    entity('Human'),
    entity('Tag', [], { inverses: [edges('films', 'Movie.tags', 'to')] }),
  )
  const renames: Renames = {
    entities: { Movie: ['Film'], Human: ['Person'] },
    fields: { 'Movie.headline': ['title'] },
  }
  expect(steps(old, next, renames)).toEqual({
    additive: [
      'renameEntity: rename Film to Movie',
      'renameField: rename Film.title to Movie.headline',
      'renameEntity: rename Person to Human',
      'renameRelation: rename the relation Film.tags to Movie.tags',
    ],
    destructive: [],
    problems: [],
  })
})

test('another CRDT kind takes the old field away', () => {
  const counted = film(field('likes', { kind: 'scalar', scalar: 'bigint' }, { crdt: 'counter' }))
  expect(steps(modelOf(film(field('likes', int))), modelOf(counted))).toMatchObject({
    additive: ['addField: add Film.likes'],
    destructive: ['removeField: drop Film.likes and its values'],
  })
})

test('what was declared looser than before needs no care', () => {
  const old = modelOf(
    film(field('twin', refTo('Film', 'restrict', true), { optional: true }), field('title')),
  )
  const next = modelOf(
    film(field('twin', refTo('Film'), { optional: true }), field('title', text, { optional: true })),
  )
  expect(steps(old, next)).toEqual({
    additive: ['makeOptional: Film.title may be missing', 'dropUnique: Film.twin is no longer one-to-one'],
    destructive: [],
    problems: [],
  })
})

test('an index that is gone is dropped; one that only moved is not', () => {
  const indexed = (...on: string[][]) =>
    modelOf(
      entity('Film', [field('a'), field('b')], {
        indexes: on.map(each => ({ on: each, kind: 'btree' as const })),
      }),
    )
  expect(steps(indexed(['a'], ['a', 'b']), indexed(['a', 'b'], ['b', 'a'])).additive).toEqual([
    'dropIndex: drop the btree index of Film on a',
    'addIndex: add the btree index of Film on b, a',
  ])
})

test('a unique key is one by its fields, whatever they are called and in whatever order', () => {
  const held = (fields: string[], ...keys: string[][]) =>
    modelOf(
      entity(
        'Film',
        fields.map(name => field(name, text, { optional: name === 'late' })),
        { indexes: keys.map(on => ({ on, kind: 'btree' as const, unique: true as const })) },
      ),
    )
  expect(steps(held(['a', 'b'], ['a', 'b'], ['b']), held(['a', 'b'], ['b', 'a']))).toEqual({
    additive: [
      'dropIndex: drop the btree index of Film on a, b',
      'dropIndex: drop the btree index of Film on b',
      'addIndex: add the btree index of Film on b, a',
      'dropUnique: Film.b is no longer unique',
    ],
    destructive: [],
    problems: [],
  })
  const more = held(['a', 'b', 'late'], ['a', 'b'], ['a'], ['late', 'a'])
  expect(steps(held(['a', 'b']), more).destructive).toEqual([
    'addUnique: a and b of Film would be unique, and several rows may hold the same',
    'addUnique: Film.a would be unique, and several rows may hold the same',
  ])
})

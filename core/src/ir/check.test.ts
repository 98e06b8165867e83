import { expect, test } from 'vitest'
import { formatProblem } from '../problem.ts'
import { checkModel } from './check.ts'
import { filmModel } from './film.fixture.ts'
import type { FieldIR, ModelIR, ScalarName, TypeIR } from './ir.ts'
import { edges, entity, field, modelOf, oneOf, refTo, text } from './model.fixture.ts'

function problemsOf(model: ModelIR): readonly string[] {
  return checkModel(model).map(formatProblem)
}

test('a sound model has no problems', () => {
  expect(problemsOf(filmModel)).toEqual([])
})

test('relations: unknown targets and inverses that do not fit, all at once', () => {
  expect(
    problemsOf(
      modelOf(
        entity('Film', [field('studio', refTo('Studoi')), field('author', refTo('Person', 'setNull'))], {
          inverses: [
            { kind: 'many', name: 'reviews', from: 'Review', via: 'movie' },
            { kind: 'many', name: 'posters', from: 'Poster', via: 'film' },
            { kind: 'single', name: 'review', from: 'Review', via: 'film' },
            { kind: 'many', name: 'ghosts', from: 'Ghost', via: 'film' },
            edges('genres', 'Genre.films', 'to'),
            edges('labels', 'Genre.labels', 'to'),
          ],
        }),
        entity('Person', [field('born', refTo('Person', 'setNull'), { optional: true, once: true })], {
          inverses: [{ kind: 'many', name: 'reviews', from: 'Review', via: 'film' }],
        }),
        entity('Review', [field('film', refTo('Film')), field('stars')]),
        entity('Poster', [field('film', refTo('Film', 'cascade', true))]),
        entity('Genre', [], { inverses: [edges('films', 'Genre.films', 'from')] }),
        entity('Other', [], { inverses: [edges('genres', 'Genre.films', 'to')] }),
      ),
    ),
  ).toMatchInlineSnapshot(`
    [
      "UNKNOWN_ENTITY at Film.studio: The model has no entity Studoi; it has Film, Person, Review, Poster, Genre, Other",
      "BAD_ON_DELETE at Film.author: A required relation cannot be set to null; add .optional() or choose restrict or cascade",
      "BAD_INVERSE at Film.reviews: Review has no to-one field movie; name one of film",
      "BAD_INVERSE at Film.posters: Poster.film is unique, so its other end is singular; write f.single('Poster', 'film')",
      "BAD_INVERSE at Film.review: Review.film is not unique, so its other end is to-many; make it f.one('Film').unique(), or write f.many('Review', 'film')",
      "UNKNOWN_ENTITY at Film.ghosts: The model has no entity Ghost; it has Film, Person, Review, Poster, Genre, Other",
      "BAD_INVERSE at Film.labels: Genre owns no many-to-many relation labels; declare labels: f.manyToMany('Film') there",
      "BAD_ON_DELETE at Person.born: A .once() relation cannot be set to null later; choose restrict or cascade",
      "BAD_INVERSE at Person.reviews: Review.film does not refer to Person; declare it there: f.one('Person')",
      "BAD_INVERSE at Other.genres: Genre.films leads to Film, not to Other; name a relation to Other",
      "BAD_INVERSE at Other.genres: Genre.films already has the other end Film.genres; keep one of them",
    ]
  `)
})

test('required relations that lead round in a circle can never be satisfied', () => {
  const circle = (optional: boolean) =>
    problemsOf(
      modelOf(
        entity('Hen', [field('from', refTo('Egg'))]),
        entity('Egg', [field('by', refTo('Hen'), { optional })]),
        entity('Nest', [field('hen', refTo('Hen'))]),
        entity('Self', [field('parent', refTo('Self'), { optional })]),
      ),
    )
  expect(circle(true)).toEqual([])
  expect(circle(false)).toMatchInlineSnapshot(`
    [
      "NO_FIRST_ROW at Hen.from: No row of Hen can ever be created: it needs one of Egg, and that needs one of Hen first; make one of the relations .optional()",
      "NO_FIRST_ROW at Egg.by: No row of Egg can ever be created: it needs one of Hen, and that needs one of Egg first; make one of the relations .optional()",
      "NO_FIRST_ROW at Self.parent: No row of Self can ever be created: it needs one of Self, and that needs one of Self first; make one of the relations .optional()",
    ]
  `)
})

test('keys are made of required, unchanging registers', () => {
  expect(
    problemsOf(
      modelOf(
        entity(
          'Film',
          [
            field('title'),
            field('likes', { kind: 'scalar', scalar: 'bigint' }, { crdt: 'counter', once: true }),
          ],
          {
            key: ['title', 'likes', 'name', 'title'],
          },
        ),
        entity(
          'Person',
          [
            field('name', text, { once: true, optional: true }),
            field('nick', text, { once: true, default: 'x' }),
          ],
          {
            key: ['name', 'nick'],
          },
        ),
      ),
    ),
  ).toMatchInlineSnapshot(`
    [
      "BAD_KEY at Film.title: The key field title can change, but an id never does; add .once()",
      "BAD_KEY at Film.likes: The key field likes is a counter; only registers can be part of a key",
      "BAD_KEY at Film.id: The key field name is not a data field of Film",
      "BAD_KEY at Film.id: The key names title twice",
      "BAD_KEY at Person.name: The key field name may be missing; take .optional() away",
      "BAD_KEY at Person.nick: The key field nick has a default, so rows would share an id; take .default() away",
    ]
  `)
})

test('indexes stand on data fields', () => {
  expect(
    problemsOf(
      modelOf(
        entity('Film', [field('title'), field('year'), field('moods', text, { crdt: 'set' })], {
          indexes: [
            { on: ['title'], kind: 'btree' },
            { on: ['title'], kind: 'btree' },
            { on: ['titel', 'title', 'title'], kind: 'btree' },
            { on: ['title', 'year'], kind: 'hash' },
            { on: ['moods'], kind: 'btree' },
            { on: ['year', 'id'], kind: 'btree' },
            { on: [], kind: 'btree' },
          ],
        }),
      ),
    ),
  ).toMatchInlineSnapshot(`
    [
      "BAD_INDEX at Film.index.title: The same index is declared twice; take one away",
      "BAD_INDEX at Film.index.titel+title+title: Film has no data field titel to index",
      "BAD_INDEX at Film.index.titel+title+title: The index names title twice",
      "BAD_INDEX at Film.index.title+year: A hash index takes one field; make it btree",
      "BAD_INDEX at Film.index.moods: moods is a set; sets cannot be indexed",
      "BAD_INDEX at Film.index.year+id: Every index ends in id by itself; leave id out",
      "BAD_INDEX at Film.index.: An index needs at least one field",
    ]
  `)
})

test('enums, prefixes and numbers', () => {
  const model = modelOf(
    entity('Film', [field('rating', oneOf()), field('grade', oneOf('a', 'b', 'a'))]),
    entity('Movie', [], { prefix: 'film' }),
    entity('Person', [], { prefix: 'per_son' }),
  )
  const [first, ...rest] = model.entities
  expect(problemsOf({ ...model, entities: [{ ...first!, number: 2 }, ...rest] })).toMatchInlineSnapshot(`
    [
      "BAD_ENUM at Film.rating: An enum needs values: f.enum('draft', 'live')",
      "BAD_ENUM at Film.grade: The value 'a' is listed twice; take one away",
      "DUPLICATE_PREFIX at Movie.prefix: Film and Movie both make ids that start with \`film_\`; choose one: entity({ ... }, { prefix: '...' })",
      "BAD_PREFIX at Person.prefix: The id prefix \`per_son\` must be at most 32 lower-case letters and digits, a letter first; choose one: entity({ ... }, { prefix: '...' })",
      "BAD_NUMBER at Movie: The number 2 is also Film's; restore zg.lock.json from version control",
    ]
  `)
})

const scalar = (name: Exclude<ScalarName, 'decimal'>): TypeIR => ({
  kind: 'scalar',
  scalar: name,
})

test.each<[string, TypeIR, FieldIR['default'], boolean]>([
  ['text', text, 'x', true],
  ['text', text, 1, false],
  ['int', scalar('int'), 2 ** 31 - 1, true],
  ['int', scalar('int'), 2 ** 31, false],
  ['int', scalar('int'), -(2 ** 31), true],
  ['int', scalar('int'), 1.5, false],
  ['float', scalar('float'), 1.5, true],
  ['float', scalar('float'), '1.5', false],
  ['boolean', scalar('boolean'), false, true],
  ['boolean', scalar('boolean'), 0, false],
  ['date', scalar('date'), '2024-02-29', true],
  ['date', scalar('date'), '2023-02-29', false],
  ['date', scalar('date'), '2023-2-1', false],
  ['datetime', scalar('datetime'), '2026-11-21T10:00:00.000Z', true],
  ['datetime', scalar('datetime'), '2026-11-21T10:00:00Z', false],
  ['bigint', scalar('bigint'), '-12345678901234567890', true],
  ['bigint', scalar('bigint'), '-0', false],
  ['bigint', scalar('bigint'), 1, false],
  ['decimal', { kind: 'scalar', scalar: 'decimal', scale: 2 }, '0.50', true],
  ['decimal', { kind: 'scalar', scalar: 'decimal', scale: 2 }, '0.5', false],
  ['decimal', { kind: 'scalar', scalar: 'decimal', scale: 2 }, 1, false],
  ['bytes', scalar('bytes'), 'AQID', true],
  ['bytes', scalar('bytes'), 'AQID=', false],
  ['json', scalar('json'), { a: [1] }, true],
  ['json', scalar('json'), { constructor: 1 }, false],
  ['enum', oneOf('a', 'b'), 'b', true],
  ['enum', oneOf('a', 'b'), 'c', false],
  ['a null', text, null, false],
])('a default of %s: %j %j is fit: %s', (_, type, value, fit) => {
  const found = problemsOf(modelOf(entity('Film', [field('some', type, { default: value })])))
  expect(found.length, found.join()).toBe(fit ? 0 : 1)
  if (!fit) expect(found[0]).toMatch(/^BAD_DEFAULT at Film.some: The default .* is not /)
})

test('json is neither key nor index, and a function default no part of a key', () => {
  const data = field('data', scalar('json'), { once: true })
  const code = field('code', text, { once: true, authored: true })
  const film = entity('Film', [data, code], {
    key: ['data', 'code'],
    indexes: [{ on: ['data'], kind: 'btree' }],
  })
  expect(problemsOf(modelOf(film))).toEqual([
    'BAD_KEY at Film.data: The key field data is json; an id cannot be made from it',
    'BAD_KEY at Film.code: The key field code has a default, so rows would share an id; take .default() away',
    'BAD_INDEX at Film.index.data: data is json; only isNull can be asked of it, so it needs no index',
  ])
})

test('counters and sets have no default and are never null', () => {
  const likes = field('likes', scalar('bigint'), { crdt: 'counter', default: '1', optional: true })
  const moods = field('moods', text, { crdt: 'set', optional: true })
  expect(checkModel(modelOf(entity('Film', [likes, moods]))).map(({ code }) => code)).toEqual([
    'BAD_MODIFIER',
    'BAD_DEFAULT',
    'BAD_MODIFIER',
  ])
})

test('a fulltext index is over texts', () => {
  const film = entity(
    'Film',
    [
      field('title', scalar('string')),
      field('year', scalar('int')),
      field('moods', scalar('string'), { crdt: 'set' }),
    ],
    {
      indexes: [
        { on: ['title'], kind: 'fulltext' },
        { on: ['title', 'year', 'moods'], kind: 'fulltext' },
        { on: ['title'], kind: 'fulltext', unique: true },
      ],
    },
  )
  expect(problemsOf(modelOf(film))).toEqual([
    'BAD_INDEX at Film.index.title+year+moods: year is no text to search in',
    'BAD_INDEX at Film.index.title+year+moods: moods is no text to search in',
    'BAD_INDEX at Film.index.title: A fulltext index cannot be unique',
  ])
})

import { filmModel } from '@zg/core/ir/film.fixture'
import { numbered } from '@zg/core/ir/lock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { entity } from './entity.ts'
import { f } from './f.ts'
import { model } from './model.ts'
import { problemsOf } from './problems.fixture.ts'

const id = f.id()

test('the enforced part of the DSL makes exactly the IR that everything else is built on', () => {
  const Film = entity(
    {
      id,
      title: f.string(),
      year: f.int().optional(),
      score: f.float().optional(),
      seen: f.boolean().default(false),
      released: f.date().optional(),
      addedAt: f.datetime().optional(),
      gross: f.bigint().optional(),
      rating: f.enum('G', 'PG', 'R').optional(),
      likes: f.counter(),
      moods: f.set(f.string()),
      director: f.one('Person').onDelete('setNull').optional(),
      studio: f.one('Studio').optional(),
      budget: f.decimal({ scale: 2 }).optional(),
      share: f.decimal({ scale: 4 }).default('0.5'),
      cover: f.bytes().optional(),
      facts: f.json().optional(),
      notes: f.json({ merge: 'paths' }),
      reviews: f.many('Review', 'film'),
      tags: f.manyToMany('Tag'),
      poster: f.single('Poster', 'film'),
    },
    { index: [['year', 'title'], { on: ['title'], kind: 'fulltext' }] },
  )
  const Person = entity({ id, name: f.string(), directed: f.many('Film', 'director') })
  const Studio = entity({
    id: f.id({ key: 'name' }),
    name: f.string().once(),
    films: f.many('Film', 'studio'),
  })
  const Review = entity({
    id,
    film: f.one('Film').onDelete('cascade'),
    text: f.string().index('fulltext'),
    stars: f.int(),
  })
  const Tag = entity({ id, name: f.string(), films: f.manyToMany('Film', 'tags') })
  const Poster = entity({ id, film: f.one('Film').unique().onDelete('cascade'), url: f.string() })
  const { ir, problems } = model({
    open: true,
    entities: { Film, Person, Studio, Review, Tag, Poster },
  }).define()
  expect(problems).toEqual([])
  // The fixture is numbered as if Poster had come after the relation; a lock makes no other difference.
  expect(ir).toEqual(numbered(filmModel, null).model)
  expect(JSON.parse(JSON.stringify(ir))).toStrictEqual(ir)
})

test('names, prefixes, indexes and earlier names arrive where they belong', () => {
  const Film = entity(
    {
      id: f.id({ key: ['title', 'year'] }),
      title: f.string().once().index().index('hash').graphql({ name: 'name' }),
      year: f.int().once(),
      grade: f
        .enum('PG-13')
        .graphql({ values: { 'PG-13': 'PG_13' } })
        .was('rating')
        .was('mark'),
      moods: f.set(f.enum('sad', 'gay')),
      sequels: f.many('Film', 'previous'),
      previous: f.one('Film').optional(),
      likes: f.manyToMany('Film').was('similar'),
      likedBy: f.manyToMany('Film', 'likes'),
    },
    {
      index: [{ on: ['year'], kind: 'hash' }],
      prefix: 'movie',
      graphql: { plural: 'filmList' },
      was: 'Movie',
    },
  )
  const { ir, problems, renames } = model({ open: true, entities: { Film } }).define()
  expect(problems).toEqual([])
  const [film] = ir.entities
  expect(film).toMatchObject({ prefix: 'movie', key: ['title', 'year'], graphql: { plural: 'filmList' } })
  expect(film?.indexes).toEqual([
    { on: ['title'], kind: 'btree' },
    { on: ['title'], kind: 'hash' },
    { on: ['year'], kind: 'hash' },
  ])
  expect(film?.fields.map(({ name, graphql }) => [name, graphql])).toEqual([
    ['title', { name: 'name' }],
    ['year', {}],
    ['grade', { values: { 'PG-13': 'PG_13' } }],
    ['moods', {}],
    ['previous', {}],
  ])
  expect(film?.inverses).toEqual([
    { kind: 'many', name: 'sequels', from: 'Film', via: 'previous' },
    { kind: 'edges', name: 'likes', relation: 'Film.likes', end: 'from' },
    { kind: 'edges', name: 'likedBy', relation: 'Film.likes', end: 'to' },
  ])
  expect(renames).toEqual({
    entities: { Film: ['Movie'] },
    fields: { 'Film.grade': ['rating', 'mark'], 'Film.likes': ['similar'] },
  })
})

test('a bad schema gives every problem at once, each with its path and remedy', () => {
  expect(
    problemsOf({
      Film: entity(
        {
          id: f.id({ key: 'title' }),
          title: f.string(),
          seen: f.boolean().default('no' as never),
          rating: f.enum(),
          studio: f.one('Studoi').onDelete('setNull'),
          reviews: f.many('Review', 'movie'),
          state: f.state({ a: { go: 'zz' as never }, b: {} }),
          number: f.serial('{#}', { within: ['orgg'] }),
          slug: f.string().unique({ within: ['nope'] }),
          any: f.oneOf(),
          about: f.oneOf('Tag', 'Nobody'),
          price: f.decimal({ scale: -1 }),
        },
        { index: [['titel' as never]], tenant: 'title', aggregate: 'Movie' },
      ),
      Review: entity({
        film: f.one('Film'),
        uses: f.inverse('Film', 'about'),
        users: f.inverse('Nobody', 'x'),
      }),
      Tag: entity({ id: f.string(), key: f.id() }),
    }),
  ).toMatchInlineSnapshot(`
    [
      "BAD_TENANT at Film.tenant: Film has no to-one field title; name one, or write tenant: 'self'",
      "UNKNOWN_ENTITY at Film.aggregate: The model has no entity Movie; it has Film, Review, Tag",
      "BAD_STATE at Film.state: a.go leads to zz, which is no state; the states are a, b",
      "BAD_WITHIN at Film.number: Film has no field orgg to be unique within; it has id, title, seen, rating, studio, reviews, state, number, slug, any, about, price",
      "BAD_WITHIN at Film.slug: Film has no field nope to be unique within; it has id, title, seen, rating, studio, reviews, state, number, slug, any, about, price",
      "BAD_DECIMAL at Film.price: The scale is the number of decimal places, 38 at most; write f.decimal({ scale: 2 })",
      "NO_ID at Review: Every entity has an id; add id: f.id() to Review",
      "NO_ID at Tag.key: An entity has one id, and it is called id; take this one away",
      "NO_ID at Tag.id: The field id holds the id; write id: f.id() and give this field another name",
      "BAD_DEFAULT at Film.seen: The default "no" is not true or false",
      "BAD_ENUM at Film.rating: An enum needs values: f.enum('draft', 'live')",
      "UNKNOWN_ENTITY at Film.studio: The model has no entity Studoi; it has Film, Review, Tag",
      "BAD_ON_DELETE at Film.studio: A required relation cannot be set to null; add .optional() or choose restrict or cascade",
      "UNKNOWN_ENTITY at Film.any: A polymorphic relation needs entities to refer to; write f.oneOf('Post', 'Comment')",
      "UNKNOWN_ENTITY at Film.about: The model has no entity Nobody; it has Film, Review, Tag",
      "BAD_INVERSE at Film.reviews: Review has no to-one field movie; name one of film",
      "BAD_KEY at Film.title: The key field title can change, but an id never does; add .once()",
      "BAD_INDEX at Film.index.titel: Film has no data field titel to index",
      "BAD_INVERSE at Review.uses: Film.about does not refer to Review; declare it there: f.one('Review')",
      "UNKNOWN_ENTITY at Review.users: The model has no entity Nobody; it has Film, Review, Tag",
    ]
  `)
})

test('callers without types are told what the compiler would say', () => {
  type Loose = { [modifier: string]: (argument?: unknown) => Loose }
  const loose = (declared: object) => declared as Loose
  const entities = {
    Film: entity({
      id,
      likes: loose(f.counter()).optional!().default!('1') as never,
      moods: loose(f.set(f.string().optional() as never)).unique!() as never,
      plays: f.set(f.counter() as never),
      title: loose(f.string()).onDelete!('cascade').owner!() as never,
      tags: loose(f.manyToMany('Film')).optional!() as never,
      none: f.string().default(undefined as never),
      big: f.bigint().default(5n as never),
      nan: f.float().default(Number.NaN),
      when: f.datetime().default(new Date(0) as never),
    }),
  }
  expect(problemsOf(entities)).toMatchInlineSnapshot(`
    [
      "BAD_MODIFIER at Film.likes: f.counter() has no .optional() (it is never null); take it away",
      "BAD_MODIFIER at Film.likes: f.counter() has no .default() (it starts empty, at zero or at its first state); take it away",
      "BAD_MODIFIER at Film.moods: f.set() has no .unique() (only registers and to-one relations can be unique); take it away",
      "BAD_MODIFIER at Film.moods: .optional() means nothing on the elements of a set; take it away",
      "BAD_SET at Film.plays: A set holds scalars or enum values; write f.set(f.string())",
      "BAD_MODIFIER at Film.title: f.string() has no .onDelete() (only to-one relations have it); take it away",
      "BAD_MODIFIER at Film.title: f.string() has no .owner(); take it away",
      "BAD_MODIFIER at Film.tags: f.manyToMany() has no .optional() (it is never null); take it away",
      "BAD_DEFAULT at Film.none: The default is undefined; give a value, or take .default() away",
      "BAD_DEFAULT at Film.big: The default 5 is no plain value; write text, a finite number, true or false",
      "BAD_DEFAULT at Film.nan: The default NaN is no plain value; write text, a finite number, true or false",
      "BAD_DEFAULT at Film.when: The default Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time) is no plain value; write text, a finite number, true or false",
    ]
  `)
})

test('behaviour that cannot become expressions is a problem with its path', () => {
  const entities = {
    Film: entity({
      id,
      title: f.string(),
      by: f.one('Person'),
      cast: f.manyToMany('Person'),
      sum: f.computed<number>(),
    }),
    Person: entity({ id, name: f.string() }),
  }
  type Row = { [field: string]: never }
  const behaviour = {
    Film: {
      policy: {
        read: (film: Row) => film.titel,
        create: (film: { cast: { some(where: (person: never) => unknown): unknown }; title: unknown }) =>
          film.cast.some(person => (person as { name: { eq(to: unknown): unknown } }).name.eq(film.title)),
        update: () => 'yes',
        delete: { before: () => true, after: 'soon' },
        fields: {
          title: {
            read: () => {
              throw new Error('at home')
            },
          },
        },
      },
      computed: { title: (film: Row) => film.title, sum: () => 1 },
      transitions: { go: {} },
      rules: {
        r: { check: (film: { title: { eq(to: null): unknown } }) => film.title.eq(null), message: 'm' },
      },
    },
    Flim: {},
  }
  expect(problemsOf(entities, behaviour)).toMatchInlineSnapshot(`
    [
      "OPEN_WITH_POLICY at open: An open model has no policies; take \`open: true\` or the policies away",
      "BAD_BEHAVIOUR at Film.policy.read: The function cannot become an expression: Film has no field titel; it has id, title, by, cast, sum",
      "BAD_BEHAVIOUR at Film.policy.create: The function cannot become an expression: a predicate about related rows can use only their own fields, not those of the outer row",
      "BAD_BEHAVIOUR at Film.policy.update: The function cannot become an expression: the function must return a predicate or a boolean",
      "BAD_BEHAVIOUR at Film.policy.delete.after: The function cannot become an expression: a function is expected here",
      "BAD_BEHAVIOUR at Film.policy.fields.title.read: The function cannot become an expression: at home",
      "BAD_BEHAVIOUR at Film.computed.title: Film has no computed field title; declare title: f.computed()",
      "BAD_BEHAVIOUR at Film.computed.sum: The function cannot become an expression: the function must return a field or a value made of fields",
      "BAD_BEHAVIOUR at Film.rules.r: The function cannot become an expression: null is asked for with isNull(), it is not a value to compare with",
      "BAD_BEHAVIOUR at Film.transitions.go: No state of Film has the event go; it has none",
      "UNKNOWN_ENTITY at Flim: define() speaks of Flim, which is not in the model; add it or take it out",
    ]
  `)
})

test('an open model cannot have policies', () => {
  const Film = entity({ id, title: f.string() })
  const { problems } = model({ open: true, entities: { Film } }).define({
    Film: { policy: { read: () => true } },
  })
  expect(problems.map(({ code }) => code)).toEqual(['OPEN_WITH_POLICY'])
})

test('define() survives any names, and its IR is plain JSON', () => {
  const name = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('id', 'Query', 'constructor', 'toString', 'a b', 'Log'),
  )
  const kind = fc.constantFrom(
    () => f.string(),
    () => f.counter(),
    () => f.set(f.int()),
    () => f.enum('a', 'PG-13'),
    () => f.text(),
    () => f.decimal({ scale: 2 }),
    () => f.bytes().default(() => 'AQID'),
    () => f.json(z.unknown()),
    () => f.json({ merge: 'paths' }),
  )
  const relation = fc.tuple(fc.constantFrom('one', 'many', 'single', 'manyToMany', 'inverse'), name, name)
  const fields = fc.dictionary(
    name,
    fc.oneof(
      kind.map(make => make()),
      relation.map(([how, to, via]) => {
        switch (how) {
          case 'one':
            return f.one(to)
          case 'many':
            return f.many(to, via)
          case 'single':
            return f.single(to, via)
          case 'manyToMany':
            return f.manyToMany(to, via)
          default:
            return f.inverse(to, via)
        }
      }),
    ),
    { maxKeys: 4 },
  )
  fc.assert(
    fc.property(fc.dictionary(name, fields, { maxKeys: 4 }), all => {
      const entities = Object.fromEntries(
        Object.entries(all).map(([own, inner]) => [own, entity({ id, ...inner })]),
      )
      const { ir, problems } = model({ open: true, entities }).define()
      expect(JSON.parse(JSON.stringify(ir))).toStrictEqual(ir)
      for (const { message, path } of problems) {
        expect(message).toMatch(/;|\bhas\b|needs|must/)
        expect(path.length).toBeGreaterThan(0)
      }
    }),
  )
})

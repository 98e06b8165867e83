import { expect, test } from 'vitest'
import { formatProblem } from '../problem.ts'
import { filmModel } from './film.fixture.ts'
import type { EntityIR } from './ir.ts'
import { edges, entity, field, modelOf, oneOf, refTo } from './model.fixture.ts'
import { names } from './names.ts'

function problemsOf(...entities: EntityIR[]): readonly string[] {
  return names(modelOf(...entities)).problems.map(formatProblem)
}

test('one table holds every name of an entity', () => {
  const { names: all, problems } = names(filmModel)
  expect(problems).toEqual([])
  const { fields, aggregates, ...film } = all.entities.Film!
  expect(film).toMatchInlineSnapshot(`
    {
      "by": "filmBy",
      "change": "FilmChange",
      "changeBatch": "FilmChangeBatch",
      "changeWhere": "FilmChangeWhere",
      "changes": "filmChanges",
      "connection": "FilmConnection",
      "create": "createFilm",
      "createInput": "CreateFilmInput",
      "createMany": "createFilms",
      "delete": "deleteFilm",
      "deleteMany": "deleteFilms",
      "edge": "FilmEdge",
      "file": "film",
      "key": "FilmKey",
      "keys": [],
      "link": "FilmLink",
      "many": "films",
      "manyPayload": "FilmsPayload",
      "manyResult": "FilmsResult",
      "one": "film",
      "order": "FilmOrder",
      "payload": "FilmPayload",
      "result": "FilmResult",
      "table": "film",
      "type": "Film",
      "update": "updateFilm",
      "updateInput": "UpdateFilmInput",
      "updateMany": "updateFilms",
      "updateManyInput": "UpdateFilmsInput",
      "upsert": "upsertFilm",
      "where": "FilmWhere",
    }
  `)
  expect(aggregates).toMatchObject({ groups: 'filmGroups', aggregate: 'FilmAggregate', having: 'FilmHaving' })
  expect(fields.addedAt).toEqual({
    graphql: 'addedAt',
    column: 'added_at',
    add: null,
    remove: null,
    enumType: null,
    filter: null,
  })
  expect(fields.director?.column).toBe('director_id')
  expect(fields.rating).toMatchObject({
    enumType: 'FilmRating',
    filter: 'FilmRatingFilter',
    column: 'rating',
  })
  expect(fields.moods).toMatchObject({ add: 'addMoods', remove: 'removeMoods', column: 'moods' })
  expect(fields.tags).toMatchObject({
    add: 'addTags',
    remove: 'removeTags',
    column: null,
    filter: 'FilmTagsFilter',
  })
  expect(fields.poster).toMatchObject({
    add: null,
    filter: null,
    column: null,
    link: 'FilmToPosterLink',
    createInput: 'CreateFilmToPosterInput',
  })
  expect(all.relations['Film.tags']).toEqual({ table: 'film_tags', from: 'film_id', to: 'tag_id' })
})

test('an entity without a plural of its own is listed as all of it', () => {
  const { names: all } = names(modelOf(entity('News'), entity('UserSettings')))
  expect([all.entities.News?.one, all.entities.News?.many]).toEqual(['news', 'allNews'])
  expect(all.entities.UserSettings?.many).toBe('allUserSettings')
})

test('overrides rename in GraphQL and leave tables and columns as they are', () => {
  const { names: all, problems } = names(
    modelOf(
      entity('Claim2', [field('PG', oneOf('x'), { graphql: { name: 'grade', values: { x: 'X' } } })], {
        graphql: { name: 'Claim', plural: 'claimList' },
      }),
    ),
  )
  expect(problems).toEqual([])
  const { table, type, many, create, fields } = all.entities.Claim2!
  expect({ table, type, many, create }).toEqual({
    table: 'claim2',
    type: 'Claim',
    many: 'claimList',
    create: 'createClaim',
  })
  expect(fields.PG).toMatchObject({ graphql: 'grade', enumType: 'ClaimGrade', column: 'pg' })
})

test('a relation of an entity to itself has two different columns', () => {
  const { names: all, problems } = names(
    modelOf(entity('User', [], { inverses: [edges('follows', 'User.follows', 'from')] })),
  )
  expect(problems).toEqual([])
  expect(all.relations['User.follows']).toEqual({
    table: 'user_follows',
    from: 'from_user_id',
    to: 'to_user_id',
  })
})

test('duplicates name both sources and the override', () => {
  expect(
    problemsOf(
      entity('Movie', [field('change', oneOf('a')), field('studio', refTo('Studio')), field('studioId')]),
      entity('Movies'),
      entity('Studio', [], { inverses: [edges('movies', 'Studio.movies', 'from')] }),
      entity('StudioMovies'),
    ),
  ).toMatchInlineSnapshot(`
    [
      "DUPLICATE_NAME at Movie.change: The GraphQL type \`MovieChange\` is not unique, both \`Movie\` and \`Movie.change\` make it; give the field another GraphQL name: .graphql({ name: '...' })",
      "DUPLICATE_NAME at Movie.studioId: The column \`studio_id\` of Movie is not unique, both \`Movie.studio\` and \`Movie.studioId\` make it; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "DUPLICATE_NAME at Movies: The GraphQL type \`UpdateMoviesInput\` is not unique, both \`Movie\` and \`Movies\` make it; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
      "DUPLICATE_NAME at Studio.movies: The table \`studio_movies\` is not unique, both \`StudioMovies\` and \`Studio.movies\` make it; rename it in the schema",
    ]
  `)
})

test('no generated type can be taken by another entity', () => {
  const { fields: _, ...film } = names(modelOf(entity('Film'))).names.entities.Film!
  const types = JSON.stringify(film).match(/(?<=:")[A-Z]\w*/g) ?? []
  expect(types.length).toBeGreaterThan(10)
  for (const type of types) {
    const found = problemsOf(entity('Film'), entity('Zebra', [], { graphql: { name: type } }))
    const said = found.join().replace(' (for its numbers and groups)', '')
    expect(said, type).toContain(
      `The GraphQL type \`${type}\` is not unique, both \`Film\` and \`Zebra\` make it`,
    )
  }
})

test('names that only clash on one side of the API are found there', () => {
  expect(
    problemsOf(
      entity('Tag', [field('addMoods'), field('moods', undefined, { crdt: 'set' })]),
      entity('CreateTagInput'),
      entity('blogPost'),
      entity('BlogPost'),
    ),
  ).toMatchInlineSnapshot(`
    [
      "DUPLICATE_NAME at Tag.moods: The input field \`addMoods\` of Tag is not unique, both \`Tag.addMoods\` and \`Tag.moods\` make it; give the field another GraphQL name: .graphql({ name: '...' })",
      "DUPLICATE_NAME at CreateTagInput: The GraphQL type \`CreateTagInput\` is not unique, both \`Tag\` and \`CreateTagInput\` make it; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
      "DUPLICATE_NAME at BlogPost: The table \`blog_post\` is not unique, both \`blogPost\` and \`BlogPost\` make it; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "DUPLICATE_NAME at BlogPost: The GraphQL type \`BlogPost\` is not unique, both \`blogPost\` and \`BlogPost\` make it; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
      "DUPLICATE_NAME at BlogPost: The query field \`blogPosts\` is not unique, both \`blogPost\` and \`BlogPost\` make it; give the entity another plural: entity({ ... }, { graphql: { plural: '...' } })",
    ]
  `)
})

test('reserved, illegal and overlong names', () => {
  const long = `a${'b'.repeat(63)}`
  expect(
    problemsOf(
      entity('Query'),
      entity('Log'),
      entity('Zg'),
      entity('Größe'),
      entity('Okay', [
        field('id'),
        field('and'),
        field('tenant'),
        field('xmin'),
        field('__typename'),
        field('é'),
        field('__a'),
        field(long),
        field('rated', oneOf('PG-13', 'true', '', '1st', 'R')),
        field('mapped', oneOf('PG-13', 'R'), { graphql: { values: { 'PG-13': 'R' } } }),
        field('constructor'),
      ]),
    ),
  ).toMatchInlineSnapshot(`
    [
      "RESERVED_NAME at Query: The GraphQL type \`Query\` is reserved; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
      "RESERVED_NAME at Log: The table \`log\` is reserved; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "RESERVED_NAME at Zg: The GraphQL type \`Zg\` is reserved; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
      "ILLEGAL_NAME at Größe: The entity name \`Größe\` is not legal; rename it in the schema",
      "RESERVED_NAME at Okay.id: The field \`id\` of Okay is reserved; give the field another GraphQL name: .graphql({ name: '...' })",
      "RESERVED_NAME at Okay.id: The column \`id\` of Okay is reserved; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "RESERVED_NAME at Okay.and: The field \`and\` of Okay is reserved; give the field another GraphQL name: .graphql({ name: '...' })",
      "RESERVED_NAME at Okay.tenant: The column \`tenant\` of Okay is reserved; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "RESERVED_NAME at Okay.xmin: The column \`xmin\` of Okay is reserved; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "ILLEGAL_NAME at Okay.é: The name \`é\` of Okay is not legal; rename it in the schema",
      "NAME_TOO_LONG at Okay.abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: The column \`abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\` of Okay is longer than 63 characters; rename it in the schema (\`graphql: { name }\` can keep its GraphQL name)",
      "ILLEGAL_NAME at Okay.rated: The value \`PG-13\` of Okay.rated is not legal; map it: .graphql({ values: { 'PG-13': 'PG_13' } })",
      "RESERVED_NAME at Okay.rated: The value \`true\` of Okay.rated is reserved; map it: .graphql({ values: { 'true': 'V_true' } })",
      "ILLEGAL_NAME at Okay.rated: The value \`\` of Okay.rated is not legal; map it: .graphql({ values: { '': 'V_' } })",
      "ILLEGAL_NAME at Okay.rated: The value \`1st\` of Okay.rated is not legal; map it: .graphql({ values: { '1st': 'V_1st' } })",
      "DUPLICATE_NAME at Okay.mapped: The value \`R\` of Okay.mapped is not unique, \`Okay.mapped\` makes it twice; map it: .graphql({ values: { 'R': 'R_2' } })",
    ]
  `)
})

test('names that are made for groups say so', () => {
  const { problems } = names(modelOf(entity('User', []), entity('UserGroup', [])))
  expect(problems.map(({ path, message }) => [path, message])).toEqual([
    [
      ['UserGroup'],
      "The GraphQL type `UserGroup` is not unique, both `User` (for its numbers and groups) and `UserGroup` make it; give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })",
    ],
    [
      ['UserGroup'],
      "The query field `userGroups` is not unique, both `User` (for its numbers and groups) and `UserGroup` make it; give the entity another plural: entity({ ... }, { graphql: { plural: '...' } })",
    ],
  ])
})

import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import { filmModel } from '@zg/core/ir/film.fixture'
import { ProblemError } from '@zg/core/problem'
import { type GraphQLInputObjectType, type GraphQLObjectType, printSchema, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { api, codeOf } from '../testing/api.suite.ts'
import { fakeFeed } from '../testing/feed.suite.ts'
import { FILMS } from '../testing/films.suite.ts'
import ZG from './index.ts'
import type { Presentation } from './types.ts'

const film = { ir: filmModel }

function shown(options: Presentation<string>) {
  const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film, ...options } })
  const schema = b.toSchema()
  expect(validateSchema(schema)).toEqual([])
  const at = api({ ports: 'later', schema })
  at.apply(...FILMS)
  return { ...at, text: printSchema(schema) }
}

test('an entity left out is nowhere: no type, no relation, no filter, no node', async () => {
  const { text, run } = shown({ exclude: ['Person'] })
  expect(text).not.toMatch(/Person|people|director/)
  expect(text).toContain('type Film implements Node')
  expect(
    await run('{ films(first: 1, orderBy: { year: ASC }) { nodes { title tags { nodes { name } } } } }'),
  ).toMatchObject({
    data: { films: { nodes: [{ title: '2001' }] } },
  })
  expect(codeOf(await run('{ node(id: "person_scott") { id } }'))).toBe('BAD_ID')
})

test('only what is included', () => {
  const { text } = shown({ include: ['Film', 'Tag'] })
  expect([...text.matchAll(/^type (\w+) implements Node/gm)].map(([, name]) => name)).toEqual(['Film', 'Tag'])
})

test('a prefix stands before every name of the model, and everything works under it', async () => {
  const { text, run } = shown({ prefix: 'Kino' })
  expect(text).toContain('type KinoFilm implements Node')
  expect(text).not.toMatch(/\b(type|input|enum) (Film|Person|Tag)|\bcreateFilm|\bfilm\(|\bpeople\(/)
  const result = await run(`{
    kinoFilm(id: "film_alien") { title director { name directed { nodes { title } } } }
    node(id: "film_alien") { __typename }
  }`)
  expect(result).toMatchObject({
    data: { kinoFilm: { title: 'Alien', director: { name: 'Scott' } }, node: { __typename: 'KinoFilm' } },
  })
  const made = await run(
    'mutation { createKinoFilm(input: { title: "New" }) { ... on KinoFilmPayload { kinoFilm { title } } } }',
  )
  expect(made.data).toEqual({ createKinoFilm: { kinoFilm: { title: 'New' } } })
})

test('what no operation takes or answers is no part of the schema', () => {
  const types = (text: string) =>
    [...text.matchAll(/^(?:type|input|enum|union|interface) (\w+)/gm)].map(([, name]) => name)
  const reading = types(shown({ operations: ['read'] }).text)
  expect(reading).toContain('FilmWhere')
  expect(
    reading.filter(name =>
      /Input|Payload|Result|Link|Problem|Verdict|Change|Group|Having|Key$/.test(`${name}`),
    ),
  ).toEqual(['PosterKey', 'StudioKey'])
  // A film may be created, and its reviews; rows that may not be created are only connected.
  const { schema, text } = shown({
    operations: name => (name === 'Film' || name === 'Review' ? ['create'] : ['read']),
  })
  expect(types(text).filter(name => name?.endsWith('Input'))).toEqual([
    'CounterInput',
    'CreateFilmInput',
    'CreateFilmReviewsInput',
    'CreateReviewInput',
    'JSONInput',
    'JSONPathInput',
  ])
  const members = (name: string) => Object.keys((schema.getType(name) as GraphQLInputObjectType).getFields())
  expect([members('PersonLink'), members('TagLink'), members('FilmReviewsLink')]).toEqual([
    ['connect'],
    ['connect'],
    ['connect', 'create'],
  ])
})

test("types of the builder's owner stay, and what they lead to", () => {
  const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film, operations: [] } })
  b.inputType('Wish', { fields: t => ({ order: t.field({ type: 'FilmOrder' as never }) }) })
  const text = printSchema(b.toSchema())
  expect(text).toContain('input Wish {')
  expect(text).toContain('input PersonOrder @oneOf')
  expect(text).not.toContain('input CreateFilmInput')
})

test('operations: only those that an entity gets', () => {
  const { schema } = shown({
    operations: entity => (entity === 'Film' ? ['read', 'live', 'create'] : ['read']),
  })
  const fieldsOf = (type: string) => Object.keys((schema.getType(type) as GraphQLObjectType).getFields())
  expect(fieldsOf('Mutation')).toEqual(['createFilm', 'createFilms'])
  expect(fieldsOf('Subscription')).toEqual(expect.arrayContaining(['film', 'films', 'node', 'nodes']))
  expect(fieldsOf('Subscription')).not.toContain('people')
  expect(fieldsOf('Query')).toContain('people')
  expect(fieldsOf('Query')).not.toContain('filmGroups')
  expect(shown({ operations: ['read'] }).text).not.toContain('type Mutation')
})

test('a name that the model does not have is refused', () => {
  expect(() => shown({ exclude: ['Persn'] })).toThrow(ProblemError)
  const wrong = () =>
    // @ts-expect-error: `operations` knows no such kind
    new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film, operations: ['reed'] } })
  expect(wrong).toBeTypeOf('function')
})

test.each([[['zg', 'relay']], [['relay', 'zg']]] as const)(
  "beside Pothos' own Relay plugin (%j): one Node, one PageInfo, and node finds both sides",
  async plugins => {
    const b = new SchemaBuilder<{ ZG: typeof film }>({
      plugins: plugins.map(name => (name === 'zg' ? ZG : RelayPlugin)),
      zg: { model: film },
      relay: {},
    })
    b.queryType({ fields: t => ({ hello: t.string({ resolve: () => 'world' }) }) })
    const Ticket = b.objectRef<{ id: string; seat: number }>('Ticket')
    b.node(Ticket, {
      id: { resolve: ({ id }) => id },
      loadOne: id => ({ id, seat: 7 }),
      fields: t => ({ seat: t.exposeInt('seat') }),
    })
    b.queryField('tickets', t =>
      t.connection({
        type: Ticket,
        resolve: () => ({
          edges: [{ cursor: 'a', node: { id: 'x', seat: 1 } }],
          pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: 'a', endCursor: 'a' },
        }),
      }),
    )
    const schema = b.toSchema()
    expect(validateSchema(schema)).toEqual([])
    const text = printSchema(schema)
    expect(text.match(/^interface Node/gm)).toHaveLength(1)
    expect(text.match(/^type PageInfo/gm)).toHaveLength(1)
    const at = api({ ports: 'later', schema, feed: data => fakeFeed(data.position) })
    at.apply(...FILMS)
    const theirs = btoa('Ticket:9')
    const { data, errors } = await at.run(
      `query ($theirs: ID!, $ids: [ID!]!) {
        tickets { edges { node { id seat } } pageInfo { hasNextPage } }
        ours: node(id: "film_alien") { id ... on Film { title } }
        theirs: node(id: $theirs) { id ... on Ticket { seat } }
        nodes(ids: $ids) { __typename ... on Film { title } ... on Ticket { seat } }
        films(first: 1, orderBy: { year: ASC }) { nodes { id } pageInfo { hasNextPage endCursor } }
      }`,
      { theirs, ids: ['film_space', theirs, 'film_nope', 'film_alien'] },
    )
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      tickets: { edges: [{ node: { seat: 1 } }], pageInfo: { hasNextPage: false } },
      ours: { id: 'film_alien', title: 'Alien' },
      theirs: { id: theirs, seat: 7 },
      nodes: [
        { __typename: 'Film', title: '2001' },
        { __typename: 'Ticket', seat: 7 },
        null,
        { __typename: 'Film', title: 'Alien' },
      ],
      films: { pageInfo: { hasNextPage: true } },
    })
    const live = (await at.subscribe(
      'subscription { node(id: "film_alien") { id } }',
    )) as AsyncIterableIterator<unknown>
    expect((await live.next()).value).toEqual({ data: { node: { id: 'film_alien' } } })
    await live.return?.()
  },
)

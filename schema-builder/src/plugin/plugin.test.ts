import SchemaBuilder from '@pothos/core'
import { filmModel } from '@zg/core/ir/film.fixture'
import { ProblemError, problem } from '@zg/core/problem'
import type { Row } from '@zg/core/query/query'
import { type ExecutionResult, printSchema, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { entity, f, model } from '../index.ts'
import { graphqlSchema, sdl } from '../schema.ts'
import { api } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'
import ZG from './index.ts'

const film = { ir: filmModel }

test('own fields of a builder stand beside the generated ones', async () => {
  const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film } })
  b.queryType({ fields: t => ({ hello: t.string({ resolve: () => 'world' }) }) })
  b.objectField(b.zgRef('Film'), 'shout', t => t.string({ resolve: row => String(row.title).toUpperCase() }))
  b.objectField(b.zgRef('Person'), 'first', t =>
    t.field({
      type: b.zgRef('Film'),
      nullable: true,
      resolve: () => ({ id: 'film_x', title: 'made up' }) as Row,
    }),
  )
  b.mutationField('nothing', t => t.boolean({ resolve: () => true }))
  b.subscriptionField('count', t =>
    t.int({
      subscribe: async function* () {
        yield 1
        yield 1
      },
      resolve: n => n as number,
    }),
  )
  const at = api({ ports: 'later', schema: b.toSchema() })
  at.apply(...FILMS)
  const result = await at.run('{ hello film(id: "film_alien") { shout director { name first { title } } } }')
  expect(result).toEqual({
    data: {
      hello: 'world',
      film: { shout: 'ALIEN', director: { name: 'Scott', first: { title: 'made up' } } },
    },
  })
  // A field that nobody bound may read anything of its row.
  expect(at.calls[1]).toBe(
    'rows Film addedAt,budget,cover,director,facts,gross,likes,moods,notes,rating,released,score,seen,share,studio,title,year',
  )
  expect(await at.run('mutation { nothing }')).toEqual({ data: { nothing: true } })
  const stream = (await at.subscribe('subscription { count }')) as AsyncIterableIterator<ExecutionResult>
  const counts = []
  for await (const value of stream) counts.push(value)
  expect(counts).toEqual([{ data: { count: 1 } }, { data: { count: 1 } }])
})

test('a builder makes the same schema as often as it is asked', () => {
  const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film } })
  expect(printSchema(b.toSchema())).toBe(printSchema(b.toSchema()))
})

test('a model of the DSL is one, and its entities are known by name', () => {
  const Song = entity({
    id: f.id(),
    title: f.string(),
    rating: f.enum('U', 'PG-13').graphql({ values: { 'PG-13': 'PG_13' } }),
  })
  const songs = model({ entities: { Song }, open: true }).define()
  const b = new SchemaBuilder<{ ZG: typeof songs }>({ plugins: [ZG], zg: { model: songs } })
  b.objectField(b.zgRef('Song'), 'twice', t => t.string({ resolve: row => `${row.title}${row.title}` }))
  // @ts-expect-error: no such entity
  expect(() => b.zgRef('Sing')).toThrow('no entity Sing')
  const text = printSchema(b.toSchema())
  expect(text).toContain('twice: String')
  expect(text).toContain('enum SongRating {\n  PG_13\n  U\n}')
})

test('a builder without a model is refused', () => {
  const b = new SchemaBuilder({ plugins: [ZG] })
  expect(() => b.toSchema()).toThrow('needs a model')
})

test('a model with problems is refused, with all of them', () => {
  const problems = [problem('A', ['Film'], 'one'), problem('B', ['Tag'], 'two')]
  expect(() => graphqlSchema({ ...film, problems })).toThrow(new ProblemError(problems))
})

test('clashing names are refused with both sources', () => {
  const clash = {
    ...filmModel,
    entities: filmModel.entities.map(e => (e.name === 'Tag' ? { ...e, graphql: { name: 'Film' } } : e)),
  }
  expect(() => graphqlSchema({ ir: clash })).toThrow(ProblemError)
})

test('the SDL of the film model', async () => {
  await expect(sdl(filmModel)).toMatchFileSnapshot('__snapshots__/film.graphql')
})

test('the SDL does not depend on the order of declaration', () => {
  const turned = {
    ...filmModel,
    entities: filmModel.entities
      .map(e => ({ ...e, fields: e.fields.toReversed(), inverses: e.inverses.toReversed() }))
      .toReversed(),
  }
  expect(sdl(turned)).toBe(sdl(filmModel))
})

test('small and empty models give valid schemas', () => {
  const entities = filmModel.entities
    .filter(({ name }) => name === 'Tag')
    .map(tag => ({ ...tag, inverses: [] }))
  const bare = entities.map(tag => ({ ...tag, fields: [] }))
  const fixed = entities.map(tag => ({ ...tag, fields: tag.fields.map(field => ({ ...field, once: true })) }))
  for (const some of [[], entities, bare, fixed]) {
    expect(validateSchema(graphqlSchema({ ir: { ...filmModel, entities: some, relations: [] } }))).toEqual([])
  }
})

const turn = () => new Promise(resolve => setImmediate(resolve))

test('what an error has discarded reads nothing while the next mutation commits', async () => {
  const b = new SchemaBuilder<{ ZG: typeof film; DefaultFieldNullability: false }>({
    plugins: [ZG],
    zg: { model: film },
    defaultFieldNullability: false,
  })
  b.objectField(b.zgRef('Film'), 'boom', t =>
    t.string({
      resolve: () =>
        turn()
          .then(turn)
          .then(() => Promise.reject(new Error('boom'))),
    }),
  )
  const at = api({ ports: 'later', schema: b.toSchema() })
  at.apply(...FILMS)
  at.calls.length = 0
  const result = await at.run(`mutation {
    a: updateFilm(id: "film_alien", input: { year: 1 }) { ... on FilmPayload { film { boom director { directed { nodes { director { name } } } } } } }
    b: updateFilm(id: "film_alien", input: { year: 2 }) { ... on FilmPayload { id } }
  }`)
  expect(result.data).toEqual({ a: { film: null }, b: { id: 'film_alien' } })
  await turn()
  let open = 0
  for (const call of at.calls) {
    if (call === 'open') open++
    if (call === 'close') open--
    if (call === 'commit') expect(open).toBe(0)
  }
  expect(open).toBe(0)
})

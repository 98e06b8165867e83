import { filmModel } from '@zg/core/ir/film.fixture'
import { names } from '@zg/core/ir/names'
import { Crowded, type Reading } from '@zg/core/ports/reader'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { type ExecutionResult, type GraphQLObjectType, parse } from 'graphql'
import { expect, test } from 'vitest'
import { graphqlSchema } from '../schema.ts'
import { FILMS } from '../testing/films.suite.ts'
import { memory } from '../testing/memory.suite.ts'
import { createContext } from './context.ts'
import { execute } from './execute.ts'
import { directLoads } from './loads.ts'
import type { Services } from './services.ts'
import { textOf } from './text.ts'

/** The film API over memory, and what was asked of its ports. */
function serve() {
  const data = memory()
  data.apply(...FILMS)
  data.calls.length = 0
  const opened: (Reading | undefined)[] = []
  let crowd: { own: boolean } | null = null
  const unused = () => {
    throw new Error('Only reads were expected')
  }
  const schema = graphqlSchema({ ir: filmModel })
  const services: Services = {
    ...data,
    reader: {
      open: (scope, reading) => {
        opened.push(reading)
        const snapshot = data.reader.open(scope, reading)
        if (!crowd || !reading?.shared) return snapshot
        // What was read before is from a state that is gone.
        const { own } = crowd
        const crowded = () => Promise.reject(new Crowded(own, 'others waited'))
        return { ...snapshot, found: crowded, aggregates: crowded }
      },
    },
    feed: { follow: unused, touches: unused, replicate: unused },
    host: { now: unused, random: unused, setTimer: unused },
    scope: { tenant: MAIN, principal: ANONYMOUS },
    names: names(filmModel).names,
    loads: directLoads,
  }
  const run = (document: string, variableValues = {}): ExecutionResult => {
    const contextValue = createContext(services)
    return execute({ schema, document: parsed(document), variableValues, contextValue }) as ExecutionResult
  }
  const crowded = (next: typeof crowd) => {
    crowd = next
  }
  return { ...data, schema, opened, run, crowded }
}

/** Plans are kept by document. */
const documents = new Map<string, ReturnType<typeof parse>>()
function parsed(text: string) {
  const known = documents.get(text) ?? parse(text)
  documents.set(text, known)
  return known
}

/** Whether a plan wrote it: its data is a text until somebody looks. */
function isPlanned(result: ExecutionResult): boolean {
  return Object.getOwnPropertyDescriptor(result, 'data')?.get !== undefined
}

test('a plan writes the text, and the data is read from it', () => {
  const result = serve().run('{ film(id: "film_alien") { title } }')
  expect(isPlanned(result)).toBe(true)
  expect(textOf(result)).toBe('{"data":{"film":{"title":"Alien"}}}')
  expect(result).toEqual({ data: { film: { title: 'Alien' } } })
})

test('a plan holds for the conditions it was made for', () => {
  const at = serve()
  const document = `query ($year: Boolean!, $id: Boolean = true) {
    film(id: "film_alien") { title year @include(if: $year) id @skip(if: $id) }
  }`
  const answers = [{ year: true }, { year: false }, { year: true, id: false }, { year: true }].map(
    variables => textOf(at.run(document, variables)),
  )
  expect(answers).toEqual([
    '{"data":{"film":{"title":"Alien","year":1979}}}',
    '{"data":{"film":{"title":"Alien"}}}',
    '{"data":{"film":{"title":"Alien","year":1979,"id":"film_alien"}}}',
    '{"data":{"film":{"title":"Alien","year":1979}}}',
  ])
})

test('a kept plan takes the variables of each run', () => {
  const at = serve()
  const document = 'query ($id: ID!, $n: Int) { film(id: $id) { title } films(first: $n) { nodes { id } } }'
  expect(textOf(at.run(document, { id: 'film_alien', n: 1 }))).toContain(
    '"Alien"},"films":{"nodes":[{"id":"film_alien"}]',
  )
  expect(textOf(at.run(document, { id: 'film_nope', n: 0 }))).toBe(
    '{"data":{"film":null,"films":{"nodes":[]}}}',
  )
})

test('a resolver that somebody has put around ours is asked', () => {
  const at = serve()
  const title = (at.schema.getType('Film') as GraphQLObjectType).getFields().title
  if (!title) throw new Error('A film has a title')
  const ours = title.resolve
  title.resolve = (...given) => String(ours?.(...given)).toUpperCase()
  const result = at.run('{ film(id: "film_alien") { title } }')
  expect(isPlanned(result)).toBe(false)
  expect(result.data).toEqual({ film: { title: 'ALIEN' } })
  expect(isPlanned(at.run('{ film(id: "film_alien") { year } }'))).toBe(true)
})

test('errors are worded by graphql, at their places, from a snapshot of their own', () => {
  const at = serve()
  const result = at.run('{ ok: film(id: "film_alien") { title } film(id: "person_x") { title } }')
  expect(result.data).toEqual({ ok: { title: 'Alien' }, film: null })
  expect(result.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
    [['film'], 'BAD_ID'],
  ])
  expect(at.calls.at(-1)).toBe('close')
})

test('a port that fails is not asked again: its error stands wherever something was to be read', () => {
  const at = serve()
  at.fail(new Error('no database'))
  const result = at.run('{ film(id: "film_alien") { title } people { nodes { name } } }')
  expect(result.data).toBeNull()
  expect(new Set(result.errors?.map(({ message }) => message))).toEqual(new Set(['no database']))
  expect(at.calls.filter(call => /^(rows|pages)/.test(call))).toHaveLength(1)
})

test.each<readonly [string, boolean]>([
  ['{ film(id: "film_alien") { title year } }', true],
  ['{ films(where: { year: { gt: 1 } }) { nodes { title } pageInfo { hasNextPage } } }', true],
  ['{ films { totalCount } }', true],
  ['{ films { totalCount nodes { id } } }', false],
  ['{ film(id: "film_alien") { director { name } } }', false],
  ['{ film(id: "film_alien") { id } other: film(id: "film_lost") { id } }', false],
  ['{ ... { film(id: "film_alien") { id } people { nodes { id } } } }', false],
])('a single read needs no snapshot: %s', (document, single) => {
  const at = serve()
  expect(at.run(document).errors).toBeUndefined()
  expect(at.opened).toEqual([{ single, shared: true }])
})

test('what looks behind a cursor may read twice', () => {
  const at = serve()
  const first = at.run('{ films(first: 1) { pageInfo { endCursor } } }')
  const { films } = first.data as { readonly films: { readonly pageInfo: { readonly endCursor: string } } }
  const next = at.run('query ($c: String) { films(after: $c) { pageInfo { hasPreviousPage } } }', {
    c: films.pageInfo.endCursor,
  })
  expect(next.data).toEqual({ films: { pageInfo: { hasPreviousPage: true } } })
  expect(at.opened.map(reading => reading?.single)).toEqual([true, false])
})

test.each([true, false])('who has to make room for others reads everything again, alone: %s', async own => {
  const at = serve()
  const document = '{ films(first: 2) { totalCount nodes { title director { name } } } }'
  const expected = textOf(at.run(document))
  at.opened.length = 0
  at.calls.length = 0
  at.crowded({ own })
  const result = await at.run(document)
  expect(isPlanned(result)).toBe(true)
  expect(textOf(result)).toBe(expected)
  expect(at.opened.map(reading => reading?.shared)).toEqual([true, false])
  expect(at.calls.filter(call => call.startsWith('pages'))).toHaveLength(2)
  expect(at.calls.filter(call => call === 'close')).toHaveLength(2)
})

test('a plan whose own reads took long shares no snapshot for a while', async () => {
  const at = serve()
  const document = '{ film(id: "film_alien") { title year seen } }'
  const isShared = async () => {
    at.opened.length = 0
    await at.run(document)
    return at.opened[0]?.shared
  }
  at.crowded({ own: false })
  expect([await isShared(), await isShared()]).toEqual([true, true])
  at.crowded({ own: true })
  expect(await isShared()).toBe(true)
  at.crowded(null)
  const after = []
  for (let run = 0; run < 101; run++) after.push(await isShared())
  expect(after.lastIndexOf(false)).toBe(99)
  expect(after.indexOf(true)).toBe(100)
})

test('rows asked for by id are read together, whatever asks for them', () => {
  const at = serve()
  const result = at.run(`{
    a: film(id: "film_alien") { title } b: film(id: "film_lost") { year }
    node(id: "film_space") { ... on Film { seen } }
    nodes(ids: ["film_alien", "film_none", "person_scott"]) { id ... on Person { name } }
  }`)
  expect(result).toEqual({
    data: {
      a: { title: 'Alien' },
      b: { year: null },
      node: { seen: false },
      nodes: [{ id: 'film_alien' }, null, { id: 'person_scott', name: 'Scott' }],
    },
  })
  expect(at.calls.filter(call => call.startsWith('rows'))).toEqual([
    'rows Film seen,title,year',
    'rows Person name',
  ])
})

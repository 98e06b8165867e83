import { filmModel } from '@zg/core/ir/film.fixture'
import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { createClient } from 'graphql-ws'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { post, reported, serve } from './gateway.suite.ts'
import type { Gateway } from './gateway.ts'
import { storeApi } from './store-api.ts'

// The whole way: socket, schema, store. One database for the file; each test looks at films of its own.

let database: Database
let store: Store
let gateway: Gateway
const closers: (() => unknown)[] = []

beforeEach(async () => {
  database ??= await memoryDatabase()
  store = await openStore(database, filmModel)
  gateway = await serve(storeApi(store))
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  await gateway.close()
  await store.close()
})

async function create(title: string, more = ''): Promise<string> {
  const query = `mutation { createFilm(input: { title: "${title}" ${more} }) { ... on FilmPayload { film { id } } ... on Problem { code message } } }`
  const { body } = await post(gateway, { query })
  return body.data.createFilm.film.id
}

function subscribe(query: string, to = gateway) {
  const client = createClient({
    url: `${to.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  closers.push(() => client.dispose())
  const results = client.iterate<any>({ query })
  return async () => {
    const { value } = await results.next()
    if (value?.errors) throw value.errors[0]
    return value.data
  }
}

test('what was written can be read', async () => {
  const id = await create('Alien', 'year: 1979')
  expect((await post(gateway, { query: `{ film(id: "${id}") { title year likes moods } }` })).body).toEqual({
    data: { film: { title: 'Alien', year: 1979, likes: '0', moods: [] } },
  })
})

test('a live list moves when another window writes, and only then', async () => {
  const next = subscribe(
    'subscription { films(where: { title: { startsWith: "Live" } }) { nodes { title likes } } }',
  )
  expect((await next()).films.nodes).toEqual([])
  await create('Elsewhere')
  const id = await create('Live one')
  expect((await next()).films.nodes).toEqual([{ title: 'Live one', likes: '0' }])
  await post(gateway, {
    query: `mutation { updateFilm(id: "${id}", input: { likes: { increment: "2" } }) { __typename } }`,
  })
  expect((await next()).films.nodes).toEqual([{ title: 'Live one', likes: '2' }])
})

test('a feed resumes behind its last cursor on another gateway, without a gap or a repeat', async () => {
  const fields = 'cursor events { kind film { title } }'
  const titles = ({ filmChanges }: any) => filmChanges.events.map(({ film }: any) => film.title)
  const feed = (since: string) =>
    `subscription { filmChanges(where: { year: { eq: 2001 } } ${since}) { ${fields} } }`
  const first = subscribe(feed(''))()
  // Without `since` a feed begins when the gateway hears of it, so write until it has.
  let batch: any
  while (!batch) {
    await create('Before', 'year: 2001')
    batch = await Promise.race([first, new Promise(resolve => setImmediate(resolve))])
  }
  await create('Other year', 'year: 2002')
  await create('First', 'year: 2001')
  await create('Second', 'year: 2001')

  await gateway.close()
  await store.close()
  store = await openStore(database, filmModel)
  gateway = await serve(storeApi(store))
  const resumed = subscribe(feed(`since: "${batch.filmChanges.cursor}"`))
  const after: string[] = []
  while (!after.includes('Second')) after.push(...titles(await resumed()))
  await create('Third', 'year: 2001')
  while (!after.includes('Third')) after.push(...titles(await resumed()))
  expect(after.filter(title => title !== 'Before')).toEqual(['First', 'Second', 'Third'])
})

test('a page cursor given as since is told apart', async () => {
  await create('A page')
  const { body } = await post(gateway, { query: '{ films(first: 1) { pageInfo { endCursor } } }' })
  const next = subscribe(
    `subscription { filmChanges(since: "${body.data.films.pageInfo.endCursor}") { cursor } }`,
  )
  await expect(next()).rejects.toMatchObject({ extensions: { code: 'BAD_CURSOR' } })
})

test('a database that is gone is INTERNAL outside, its own words inside, and not ready', async () => {
  const broken = await memoryDatabase()
  const lost = await openStore(broken, filmModel)
  const orphan = await serve(storeApi(lost))
  await broken.close()
  const { body } = await post(orphan, { query: '{ films { nodes { title } } }' })
  expect(body.errors[0].extensions.code).toBe('INTERNAL')
  expect(JSON.stringify(body)).not.toMatch(/pglite|closed/i)
  expect(String(reported.at(-1))).toMatch(/closed/i)
  expect((await fetch(`${orphan.url}/ready`)).status).toBe(503)
})

import { openDatabase } from '@zg/store/database'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../scripts/testing/pg.ts'
import { type FaultyProxy, type Passing, startProxy } from '../../scripts/testing/proxy.ts'
import { club } from './club.suite.ts'
import { post } from './gateway.suite.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { storeApi } from './store-api.ts'

/** ms of a statement, so that a test need not wait for the ten seconds of production. */
const LIMIT = 500

// A machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 120_000 })

describePg('a gateway whose database is away', () => {
  let server: TestDatabase
  let proxy: FaultyProxy
  let database: Database
  let store: Store
  let gateway: Gateway
  beforeAll(async () => {
    server = await freshDatabase()
    proxy = await startProxy(server.url)
    database = await openDatabase({ url: proxy.url, statementLimit: LIMIT, snapshotLimit: LIMIT })
    store = await openStore(database, club.ir)
    gateway = await createGateway({
      api: storeApi(store),
      port: 0,
      host: '127.0.0.1',
      introspection: true,
      door: { origins: [], local: true },
      report: () => {},
    })
  })
  afterAll(async () => {
    await gateway.close()
    await store.close()
    await database.close()
    await proxy.close()
    await server.drop()
  })

  const ask = async (query: string) => (await post(gateway, { query })).body
  const film = (title: string, id = title) =>
    ask(`mutation { createFilm(input: { title: "${title}" }, mutationId: "${id}") {
      ... on FilmPayload { cursor film { title } } ... on Problem { code message }
    } }`)
  const isReady = async () => (await fetch(`${gateway.url}/ready`)).status === 200
  const timed = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
    const since = performance.now()
    return [await work, performance.now() - since]
  }
  const codes = ({ errors }: { readonly errors?: readonly { readonly extensions: { code: string } }[] }) =>
    errors?.map(({ extensions }) => extensions.code)

  /** What the network does, and what ends it. */
  const away: readonly (readonly [string, () => void])[] = [
    [
      'refuses',
      () => {
        proxy.refusing = true
        for (const link of proxy.links) link.reset()
      },
    ],
    [
      'is silent',
      () => {
        proxy.stalling = true
      },
    ],
  ]
  const back = (): void => {
    proxy.refusing = false
    proxy.stalling = false
  }

  test.each(away)('%s: everybody is told in time, and all goes on when it is back', async (how, leave) => {
    const url = `${gateway.url.replace('http', 'ws')}/graphql`
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
    const live = client.iterate<any>({
      query: `subscription { films(where: { title: { startsWith: "${how}" } }) { nodes { title } } }`,
    })
    const feed = client.iterate<any>({
      query: 'subscription { filmChanges { cursor events { film { title } } } }',
    })
    expect((await live.next()).value.data.films.nodes).toEqual([])
    const told: string[] = []
    const telling = (async () => {
      for await (const { data } of feed) {
        for (const event of data.filmChanges.events) told.push(event.film.title)
        if (told.at(-1) === `${how} 2`) return
      }
    })()
    // The feed follows from now on: what is made before it has begun is not its matter.
    for (let n = 0; told.length === 0; n++) await film(`${how} 0`, `${how} 0 ${n}`)
    told.length = 0
    await film(`${how} 1`)

    leave()
    expect(await isReady()).toBe(false)
    for (const asked of [ask('{ films { nodes { id } } }'), film(`${how} 2`)]) {
      const [answer, ms] = await timed(asked)
      expect(codes(answer)).toEqual([
        expect.stringMatching(/^(UNAVAILABLE|OVERLOADED|SNAPSHOT_EXPIRED|OUTCOME_UNKNOWN)$/),
      ])
      expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONN|select|insert/)
      expect(ms).toBeLessThan(20_000)
    }
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200)

    back()
    while (!(await isReady()));
    while (codes(await film(`${how} 2`)));
    await telling
    expect(told.filter(title => title.endsWith('1') || title.endsWith('2'))).toEqual([`${how} 1`, `${how} 2`])
    // Streams that were open have stayed open, and say how it is now.
    for (;;) {
      const { value, done } = await live.next()
      expect(done).toBe(false)
      if (value.data?.films.nodes.some(({ title }: { title: string }) => title === `${how} 2`)) break
    }
    await client.dispose()
  })

  test('whose COMMIT got no answer is told so, and asks again under the same id', async () => {
    // Either a transaction's, or the answer to a statement that is one.
    let alone: Passing['link'] | undefined
    const isCommit = ({ from, text, link }: Passing) => {
      if (from === 'client' && text?.startsWith('with held')) alone = link
      if (from === 'client' || text === null) return false
      return link === alone || (text === 'COMMIT' && link.begun.endsWith('read committed'))
    }
    const cut = proxy.meet(isCommit, link => link.reset())
    const answer = await film('unknown')
    await cut
    expect(codes(answer)).toEqual(['OUTCOME_UNKNOWN'])
    expect(answer.errors[0].message).toContain('mutationId')
    expect((await film('unknown')).data.createFilm).toMatchObject({ film: { title: 'unknown' } })
    const { data } = await ask('{ films(where: { title: { eq: "unknown" } }) { totalCount } }')
    expect(data.films.totalCount).toBe(1)
  })
})

import { readerSuite } from '@zg/core/ports/reader.suite'
import type { ReaderHarness } from '@zg/core/ports/reading.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { films } from '@zg/core/query/films.suite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BETWEEN, NOTHING } from './compile/sheet.ts'
import { memoryDatabase } from './database.fixture.ts'
import { PARITY, sqlHarness } from './reader.fixture.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'

let database: Database
let harness: ReaderHarness
beforeAll(async () => {
  database = await memoryDatabase({ snapshotLimit: 60_000 })
  harness = await sqlHarness(database)
})
afterAll(() => database.close())

readerSuite('PGlite', () => harness, PARITY)

test('a page costs one statement, however many parents', async () => {
  const sent: string[] = []
  const counted: Database = {
    ...database,
    transaction: (mode, work) =>
      database.transaction(mode, session =>
        work({
          query: (text, values) => {
            sent.push(text)
            return session.query(text, values)
          },
        }),
      ),
  }
  const snapshot = sqlReader(counted, films, 'log').open({ tenant: 'main', principal: ANONYMOUS })
  const ids = Array.from({ length: 200 }, (_, i) => `film_${i}`)
  const under = { entity: 'Film', relation: 'tags', ids }
  await snapshot.pages({
    entity: 'Tag',
    fields: ['name'],
    order: [{ path: ['id'], direction: 'asc' }],
    limit: 3,
    under,
  })
  expect(sent).toHaveLength(1)
  await snapshot.rows('Film', ['title'], ids)
  expect(sent).toHaveLength(2)
  await snapshot.close()
})

test('a snapshot that is not read never reaches the database', async () => {
  const dead: Database = { ...database, transaction: () => Promise.reject(new Error('gone')) }
  const snapshot = sqlReader(dead, films, 'log').open({ tenant: 'main', principal: ANONYMOUS })
  await snapshot.close()
  const other = sqlReader(dead, films, 'log').open({ tenant: 'main', principal: ANONYMOUS })
  await expect(other.position()).rejects.toThrow('gone')
  await other.close()
})

test('pages go on through rows whose to-one leads nowhere', async () => {
  const review = (id: string, film: string) => ({ id: `review_${id}`, film, text: '', stars: 1 })
  const rows = { Review: [review('a', 'film_none'), review('b', 'film_gone'), review('c', 'film_1')] }
  const film = { id: 'film_1', likes: '0', moods: [] }
  const { reader, scope } = await harness.load({ rows: { ...rows, Film: [film] }, edges: {} })
  const snapshot = reader.open(scope)
  const order = [['film', 'id'], ['id']].map(path => ({ path, direction: 'asc' as const }))
  const pages = await snapshot.pages({ entity: 'Review', fields: [], order, after: ['film_1', 'review_c'] })
  await snapshot.close()
  expect(pages).toEqual([[{ id: 'review_a' }, { id: 'review_b' }]])
})

test.each([
  ['a missing one', NOTHING],
  ['a separator', `a${BETWEEN}b`],
])('a text that looks like %s is read as it is, beside one that is missing', async (_, title) => {
  const rows = [title, null, ''].map((one, i) => ({ id: `film_${i}`, title: one, likes: '0', moods: [] }))
  const { reader, scope } = await harness.load({ rows: { Film: rows }, edges: {} })
  const snapshot = reader.open(scope)
  const order = [{ path: ['id'], direction: 'asc' as const }]
  const [page] = await snapshot.pages({ entity: 'Film', fields: ['title'], order })
  await snapshot.close()
  expect(page).toEqual(rows.map(({ id, title: one }) => ({ id, title: one })))
})

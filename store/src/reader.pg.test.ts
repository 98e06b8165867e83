import { readerSuite } from '@zg/core/ports/reader.suite'
import type { ReaderHarness } from '@zg/core/ports/reading.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { films } from '@zg/core/query/films.suite'
import { totalOrder } from '@zg/core/query/order'
import { RANK } from '@zg/core/query/search'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../scripts/testing/pg.ts'
import { select } from './compile/select.ts'
import { openDatabase } from './database.ts'
import { PARITY, sqlHarness } from './reader.fixture.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { layout } from './tables/layout.ts'

describePg('on Postgres', () => {
  let server: Server
  let database: Database
  let harness: ReaderHarness
  beforeAll(async () => {
    server = await freshDatabase()
    database = await openDatabase({ url: server.url, snapshotLimit: 60_000 })
    harness = await sqlHarness(database)
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  readerSuite('Postgres', () => harness, PARITY)

  test('a search is answered by the fulltext index', async () => {
    const reviews = Array.from({ length: 3_000 }, (_, i) => ({
      id: `review_${i}`,
      film: 'film_1',
      text: `common words and w${i}`,
      stars: 1,
    }))
    const { scope } = await harness.load({ rows: { Review: reviews }, edges: {} })
    await database.query('analyze public.review')
    const order = totalOrder([RANK])
    const query = { entity: 'Review', fields: ['text'], order, search: 'common w1234', limit: 10 }
    const sent = { tenant: scope.tenant, ids: '{}', form: 'plain' } as const
    const { text, values } = select(layout(films.model), sent, query)
    const plan = await database.query(`explain ${text}`, values)
    expect(plan.map(row => row['QUERY PLAN']).join('\n')).toMatch(/Bitmap Index Scan on review_text_fulltext/)
  })

  test('a snapshot sees one state, whatever is committed meanwhile', async () => {
    const snapshot = sqlReader(database, films, 'log').open({ tenant: 'seen', principal: ANONYMOUS })
    expect(await snapshot.rows('Tag', [], ['tag_1'])).toEqual([null])
    await database.query(
      `insert into public.tag (tenant, id, _state) values ('seen', 'tag_1', '{"born":"x"}')`,
    )
    await database.query(`insert into zg.head (tenant, seq) values ('seen', 5)`)
    expect(await snapshot.rows('Tag', [], ['tag_1'])).toEqual([null])
    expect(await snapshot.position()).toEqual({ log: 'log', seqs: { seen: 0 } })
    await snapshot.close()
    const later = sqlReader(database, films, 'log').open({ tenant: 'seen', principal: ANONYMOUS })
    expect(await later.rows('Tag', [], ['tag_1'])).toEqual([{ id: 'tag_1' }])
    expect(await later.position()).toEqual({ log: 'log', seqs: { seen: 5 } })
    await later.close()
  })
})

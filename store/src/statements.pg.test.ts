import { ANONYMOUS } from '@zg/core/ports/scope'
import { films } from '@zg/core/query/films.suite'
import { totalOrder } from '@zg/core/query/order'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import { sqlHarness } from './reader.fixture.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'

describePg('on Postgres', () => {
  let server: Server
  let database: Database
  beforeAll(async () => {
    server = await freshDatabase()
    database = await openDatabase({ url: server.url, pool: 1 })
    await sqlHarness(database)
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  test('statements are planned once, however few rows they ask for', async () => {
    const snapshot = sqlReader(database, films, 'log').open(
      { tenant: 'planned', principal: ANONYMOUS },
      { single: true },
    )
    const order = totalOrder([])
    for (let i = 0; i < 32; i++) {
      const limit = 1 + (i % 8)
      await snapshot.found('Film', ['title'], ['film_1'])
      await snapshot.lists({ entity: 'Film', fields: ['title'], order, limit })
      const under = { entity: 'Person', relation: 'directed', ids: ['person_1'] }
      await snapshot.lists({ entity: 'Film', fields: ['title'], order, limit, under })
    }
    const plans = await database.read<{ text: string; custom: string; kept: string }>(
      `select statement as text, custom_plans as custom, generic_plans as kept from pg_prepared_statements
      where statement like $1`,
      ['%from "public".%'],
    )
    // Limits of 1, 2, 4 and 8.
    expect(plans).toHaveLength(1 + 2 * 4)
    // Postgres makes five for the values at hand before it compares.
    for (const { text, custom } of plans) expect([text, Number(custom) <= 5]).toEqual([text, true])
    expect(plans.filter(({ kept }) => Number(kept) > 0)).toHaveLength(5)
    await snapshot.close()
  })
})

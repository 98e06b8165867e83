import { openDatabase } from '@zg/store/database'
import { afterAll } from 'vitest'
import { type Database, describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { computedSuite } from './computed.suite.ts'

describePg('computed fields', () => {
  let database: Promise<Database> | undefined
  computedSuite('Postgres', async () => {
    database ??= freshDatabase()
    return openDatabase({ url: (await database).url })
  })
  afterAll(async () => (await database)?.drop())
})

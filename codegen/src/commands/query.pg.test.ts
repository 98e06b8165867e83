import { openDatabase } from '@zg/store/database'
import type { Database } from '@zg/store/session'
import { afterAll } from 'vitest'
import { describePg, type Database as Fresh, freshDatabase } from '../../../scripts/testing/pg.ts'
import { queryTests } from './query.suite.ts'

describePg('zg sql', () => {
  let fresh: Fresh
  let database: Database
  queryTests(async () => {
    fresh = await freshDatabase()
    database = await openDatabase({ url: fresh.url })
    return database
  })
  afterAll(async () => {
    await database.close()
    await fresh.drop()
  })
})

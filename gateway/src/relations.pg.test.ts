import { openDatabase } from '@zg/store/database'
import { afterAll } from 'vitest'
import { type Database, describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { relationsSuite } from './relations.suite.ts'

describePg('polymorphic relations', () => {
  let database: Promise<Database> | undefined
  relationsSuite('Postgres', async () => {
    database ??= freshDatabase()
    return openDatabase({ url: (await database).url })
  })
  afterAll(async () => (await database)?.drop())
})

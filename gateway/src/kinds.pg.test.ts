import { openDatabase } from '@zg/store/database'
import { afterAll } from 'vitest'
import { type Database, describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { kindsSuite } from './kinds.suite.ts'

describePg('two gateways', () => {
  let database: Promise<Database> | undefined
  kindsSuite(
    'Postgres',
    async () => {
      database ??= freshDatabase()
      return openDatabase({ url: (await database).url })
    },
    true,
  )
  afterAll(async () => (await database)?.drop())
})

import { describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import { migrateSuite } from './migrate.suite.ts'

describePg('on Postgres', () => {
  migrateSuite('Postgres', {
    make: async () => {
      const server = await freshDatabase()
      const database = await openDatabase({ url: server.url })
      const close = async () => {
        await database.close()
        await server.drop()
      }
      return { database, close }
    },
  })
})

import { describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import { paritySuite } from './parity.suite.ts'

describePg('on Postgres', () => {
  paritySuite('Postgres', async () => {
    const server = await freshDatabase()
    const database = await openDatabase({ url: server.url, snapshotLimit: 60_000 })
    const close = async () => {
      await database.close()
      await server.drop()
    }
    return { database, close }
  })
})

import { describePg, freshDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import { rebuildSuite } from './rebuild.suite.ts'
import { rebuildTextsSuite } from './rebuildTexts.suite.ts'

describePg('on Postgres', () => {
  const open = async () => {
    const server = await freshDatabase()
    const database = await openDatabase({ url: server.url })
    return {
      ...database,
      close: async () => {
        await database.close()
        await server.drop()
      },
    }
  }
  rebuildSuite('Postgres', open)
  rebuildTextsSuite('Postgres', open)
})

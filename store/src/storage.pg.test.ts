import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { storageSuite } from '@zg/core/ports/storage.suite'
import { describePg, freshDatabase } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { sqlStorage } from './storage.ts'

describePg('on Postgres', () => {
  storageSuite('Postgres', async () => {
    const server = await freshDatabase()
    const database = await openDatabase({ url: server.url })
    await migrate(database, filmModel)
    return {
      storage: await sqlStorage(database, catalog(filmModel)),
      overlapping: true,
      close: async () => {
        await database.close()
        await server.drop()
      },
    }
  })
})

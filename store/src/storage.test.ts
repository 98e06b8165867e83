import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { storageSuite } from '@zg/core/ports/storage.suite'
import { memoryDatabase } from './database.fixture.ts'
import { migrate } from './migrate.ts'
import { sqlStorage } from './storage.ts'

storageSuite('PGlite', async () => {
  const database = await memoryDatabase()
  await migrate(database, filmModel)
  return {
    storage: await sqlStorage(database, catalog(filmModel)),
    overlapping: false,
    close: () => database.close(),
  }
})

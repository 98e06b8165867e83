import { memoryDatabase } from './database.fixture.ts'
import { migrateSuite } from './migrate.suite.ts'

migrateSuite('PGlite', {
  make: async () => {
    const database = await memoryDatabase()
    return { database, close: () => database.close() }
  },
})

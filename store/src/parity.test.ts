import { memoryDatabase } from './database.fixture.ts'
import { paritySuite } from './parity.suite.ts'

paritySuite('PGlite', async () => {
  const database = await memoryDatabase({ snapshotLimit: 60_000 })
  return { database, close: () => database.close() }
})

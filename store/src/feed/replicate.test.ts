import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { films, type PortsUnderTest } from '@zg/core/ports/ports.suite'
import { replicaSuite } from '@zg/core/ports/replica.suite'
import { afterAll, beforeAll, describe } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { machine } from '../host.ts'
import { migrate } from '../migrate.ts'
import { sqlReader } from '../reader.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openPorts, type Ports } from '../store.ts'

/** Pages so small that loading takes many of them. */
const limits = { page: 2, cap: 20 }

describe('memory', () => {
  const storage = memoryStorage({ catalog: films, log: 'memory' })
  const source = projections(films, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog: films, log: 'memory', source })
  const ports = openPorts({ storage, catalog: films, host: machine, random: machine.random, limits })
  afterAll(() => ports.close())
  replicaSuite('memory', () => ({ ...ports, reader }), 300, limits.cap)
})

describe('PGlite', () => {
  let database: Database
  let ports: Ports & PortsUnderTest
  beforeAll(async () => {
    database = await memoryDatabase()
    await migrate(database, films.model)
    const storage = await sqlStorage(database, films)
    const reader = sqlReader(database, films, storage.log)
    const { random } = machine
    ports = { ...openPorts({ storage, catalog: films, host: machine, random, limits }), reader }
  })
  afterAll(async () => {
    await ports.close()
    await database.close()
  })
  replicaSuite('PGlite', () => ports, 5, limits.cap)
})

import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { feedSuite } from '@zg/core/ports/feed.suite'
import { kindsSuite } from '@zg/core/ports/kinds.suite'
import { newIdsSuite } from '@zg/core/ports/newIds.suite'
import { films, type PortsUnderTest } from '@zg/core/ports/ports.suite'
import { pushSuite } from '@zg/core/ports/push.suite'
import { writerSuite } from '@zg/core/ports/writer.suite'
import { afterAll, beforeAll, describe } from 'vitest'
import { memoryDatabase } from './database.fixture.ts'
import { machine } from './host.ts'
import type { Database } from './session.ts'
import { openPorts, openStore, type Store } from './store.ts'

describe('memory', () => {
  const storage = memoryStorage({ catalog: films, log: 'memory', now: machine.now })
  const source = projections(films, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog: films, log: 'memory', source })
  const ports = openPorts({ storage, catalog: films, host: machine, random: machine.random })
  afterAll(() => ports.close())
  const all = (): PortsUnderTest => ({ ...ports, reader })
  writerSuite('memory', all)
  newIdsSuite('memory', all)
  kindsSuite('memory', all)
  feedSuite('memory', all)
})

describe('PGlite', () => {
  let database: Database
  let store: Store
  beforeAll(async () => {
    database = await memoryDatabase()
    store = await openStore(database, films.model)
  })
  afterAll(async () => {
    await store.close()
    await database.close()
  })
  writerSuite('PGlite', () => store)
  newIdsSuite('PGlite', () => store)
  pushSuite('PGlite', () => store)
  kindsSuite('PGlite', () => store)
  feedSuite('PGlite', () => store)
})

import { readText } from '@zg/core/change/text'
import { notes } from '@zg/core/ir/notes.fixture'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { pushTextSuite } from '@zg/core/ports/pushText.suite'
import type { Storage } from '@zg/core/ports/storage'
import { textSuite } from '@zg/core/ports/text.suite'
import { textStorageSuite } from '@zg/core/ports/textStorage.suite'
import { afterAll, beforeAll, describe } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { machine } from '../host.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openPorts, openStore, type Store } from '../store.ts'

describe('memory', () => {
  const storage = memoryStorage({ catalog: notes, log: 'memory', now: machine.now })
  const source = projections(notes, tenant => storage.tenant(tenant), readText)
  const reader = memoryReader({ catalog: notes, log: 'memory', source })
  const ports = openPorts({ storage, catalog: notes, host: machine, random: machine.random })
  afterAll(() => ports.close())
  textStorageSuite('memory', () => storage)
  const all = () => ({ ...ports, reader, settled: () => ports.folder.idle() })
  textSuite('memory', all)
  pushTextSuite('memory', all)
})

describe('PGlite', () => {
  let database: Database
  let store: Store
  let storage: Storage
  beforeAll(async () => {
    database = await memoryDatabase()
    store = await openStore(database, notes.model)
    storage = await sqlStorage(database, notes)
  })
  afterAll(async () => {
    await store.close()
    await database.close()
  })
  textSuite('PGlite', () => store)
  pushTextSuite('PGlite', () => store)
  textStorageSuite('PGlite', () => storage)
})

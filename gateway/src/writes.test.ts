import { catalog as catalogOf } from '@zg/core/ir/catalog'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { openDatabase } from '@zg/store/database'
import { machine } from '@zg/store/host'
import type { Database } from '@zg/store/session'
import { openPorts, openStore, type Store } from '@zg/store/store'
import { afterAll, beforeAll, describe } from 'vitest'
import { club } from './club.suite.ts'
import { keysSuite } from './keys.suite.ts'
import { storeApi } from './store-api.ts'
import { writesSuite } from './writes.suite.ts'

describe('memory', () => {
  const catalog = catalogOf(club.ir)
  const storage = memoryStorage({ catalog, log: 'memory' })
  const source = projections(catalog, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog, log: 'memory', source })
  const gateway = () => {
    const ports = openPorts({ storage, catalog, host: machine, random: machine.random })
    return { ports, api: storeApi({ ...ports, catalog, reader, defaults: {}, ready: async () => true }) }
  }
  // Two writers over one storage, as two processes over one database.
  const [here, there] = [gateway(), gateway()]
  afterAll(async () => {
    await here.ports.close()
    await there.ports.close()
  })
  const both = () => ({ here: here.api, there: there.api })
  keysSuite('memory', both)
  writesSuite('memory', both)
})

describe('PGlite', () => {
  let database: Database
  let store: Store
  beforeAll(async () => {
    database = await openDatabase({})
    store = await openStore(database, club.ir)
  })
  afterAll(async () => {
    await store.close()
    await database.close()
  })
  const one = () => {
    const api = storeApi(store)
    return { here: api, there: api }
  }
  keysSuite('PGlite', one)
  writesSuite('PGlite', one)
})

import { openDatabase } from '@zg/store/database'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { afterAll, beforeAll } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../scripts/testing/pg.ts'
import type { Api } from './api.ts'
import { club } from './club.suite.ts'
import { keysSuite } from './keys.suite.ts'
import { storeApi } from './store-api.ts'
import { writesSuite } from './writes.suite.ts'

describePg('Postgres, two gateways', () => {
  let database: TestDatabase
  const open: { readonly own: Database; readonly store: Store }[] = []
  let apis: readonly Api[] = []
  beforeAll(async () => {
    database = await freshDatabase()
    for (let i = 0; i < 2; i++) {
      const own = await openDatabase({ url: database.url })
      open.push({ own, store: await openStore(own, club.ir) })
    }
    apis = open.map(({ store }) => storeApi(store))
  })
  afterAll(async () => {
    for (const { own, store } of open) {
      await store.close()
      await own.close()
    }
    await database.drop()
  })
  const both = () => ({ here: apis[0] as Api, there: apis[1] as Api })
  keysSuite('Postgres', both)
  writesSuite('Postgres', both)
})

import { films } from '@zg/core/ports/ports.suite'
import { replicaSuite } from '@zg/core/ports/replica.suite'
import { afterAll, beforeAll } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import type { Database } from '../session.ts'
import { openStore, type Store } from '../store.ts'

/** Histories of each kind: each is followed to many positions. ZG_SHAPES=300 on demand. */
const HISTORIES = Number(process.env.ZG_SHAPES ?? 5)

describePg('Postgres', () => {
  let database: TestDatabase
  let gateways: readonly { readonly own: Database; readonly store: Store }[]
  const open = async () => {
    const own = await openDatabase({ url: database.url })
    return { own, store: await openStore(own, films.model) }
  }
  beforeAll(async () => {
    database = await freshDatabase()
    gateways = [await open(), await open()]
  })
  afterAll(async () => {
    for (const { own, store } of gateways) {
      await store.close()
      await own.close()
    }
    await database.drop()
  })
  const at = (i: number) => {
    const gateway = gateways[i]
    if (!gateway) throw new Error(`There is no gateway ${i}`)
    return gateway.store
  }
  replicaSuite('Postgres', () => at(0), HISTORIES)
  // Written through one gateway, followed through the other.
  replicaSuite('two gateways', () => ({ ...at(1), writer: at(0).writer }), HISTORIES)
})

import { films } from '@zg/core/ports/ports.suite'
import { afterAll, beforeAll } from 'vitest'
import { freshDatabase, type Database as TestDatabase } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import type { Database } from './session.ts'
import { openStore, type Store } from './store.ts'

export interface Gateway {
  readonly own: Database
  readonly store: Store
}

/** Two stores of films over one Postgres, for the tests of a block; there once these run. */
export function twoGateways(): () => readonly [Gateway, Gateway] {
  let server: TestDatabase
  let gateways: readonly [Gateway, Gateway]
  const open = async (): Promise<Gateway> => {
    const own = await openDatabase({ url: server.url })
    return { own, store: await openStore(own, films.model) }
  }
  beforeAll(async () => {
    server = await freshDatabase()
    gateways = await Promise.all([open(), open()])
  })
  afterAll(async () => {
    for (const { store, own } of gateways) {
      await store.close()
      await own.close()
    }
    await server.drop()
  })
  return () => gateways
}

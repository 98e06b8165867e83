import { NO_CODE } from '@zg/core/act/checks'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import { memoryDatabase } from '@zg/store/database.fixture'
import { machine } from '@zg/store/host'
import { openPorts, openStore, type Store } from '@zg/store/store'

export type Stored = Pick<Store, 'catalog' | 'defaults' | 'reader' | 'writer' | 'feed' | 'ready'>
export interface Opened {
  readonly store: Stored
  close(): Promise<void>
}

/** A store of films in memory. */
export function memory(): Opened {
  const storage = memoryStorage({ catalog: films, log: 'memory' })
  const source = projections(films, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog: films, log: 'memory', source })
  const ports = openPorts({ storage, catalog: films, host: machine, random: machine.random })
  const store = { ...ports, reader, catalog: films, defaults: NO_CODE.defaults, ready: async () => true }
  return { store, close: ports.close }
}

/** A store of films in an embedded Postgres. */
export async function pglite(): Promise<Opened> {
  const database = await memoryDatabase()
  const store = await openStore(database, films.model)
  const close = async () => {
    await store.close()
    await database.close()
  }
  return { store, close }
}

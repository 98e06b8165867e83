import { NO_CODE } from '@zg/core/act/checks'
import { catalog as catalogOf } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { memoryDatabase } from '@zg/store/database.fixture'
import { machine } from '@zg/store/host'
import { openPorts, openStore, type Store } from '@zg/store/store'

export interface OpenedModel {
  readonly store: Pick<Store, 'catalog' | 'defaults' | 'reader' | 'writer' | 'feed' | 'ready'>
  close(): Promise<void>
}

/** A new, empty store of any model in memory. */
export async function openMemory(ir: ModelIR): Promise<OpenedModel> {
  const catalog = catalogOf(ir)
  const storage = memoryStorage({ catalog, log: 'memory' })
  const source = projections(catalog, tenant => storage.tenant(tenant))
  const reader = memoryReader({ catalog, log: 'memory', source })
  const ports = openPorts({ storage, catalog, host: machine, random: machine.random })
  const store = { ...ports, reader, catalog, defaults: NO_CODE.defaults, ready: async () => true }
  return { store, close: ports.close }
}

/** The same in an embedded Postgres. */
export async function openPglite(ir: ModelIR): Promise<OpenedModel> {
  const database = await memoryDatabase()
  const store = await openStore(database, ir)
  const close = async () => {
    await store.close()
    await database.close()
  }
  return { store, close }
}

import { createClock, replicaId } from '@zg/core/change/clock'
import { type Catalog, catalog as catalogOf } from '@zg/core/ir/catalog'
import { modelHash } from '@zg/core/ir/hash'
import type { ModelIR } from '@zg/core/ir/ir'
import type { Feed } from '@zg/core/ports/feed'
import type { Reader } from '@zg/core/ports/reader'
import type { Storage } from '@zg/core/ports/storage'
import type { Writer } from '@zg/core/ports/writer'
import { createFeed } from './feed/feed.ts'
import { createTail } from './feed/tail.ts'
import { createHints } from './hints.ts'
import { machine } from './host.ts'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'
import type { Host } from './writer/host.ts'
import { createWriter } from './writer/writer.ts'

/** One model over one database: the three ports. */
export interface Store {
  readonly catalog: Catalog
  readonly reader: Reader
  readonly writer: Writer
  readonly feed: Feed
  /** Whether the database answers. */
  ready(): Promise<boolean>
  /** Ends streams, answers all queued mutations. The database stays open: it is its opener's. */
  close(): Promise<void>
}

/**
 * Brings the database up to the model (additive changes only; others throw `MIGRATION_DESTRUCTIVE` with the plan)
 * and opens the ports. Several stores may stand on one database, in one process or many.
 */
export async function openStore(database: Database, model: ModelIR): Promise<Store> {
  await migrate(database, model)
  const catalog = catalogOf(model)
  const storage = await sqlStorage(database, catalog)
  const ports = openPorts({ storage, catalog, host: machine, random: machine.random })
  const hints = await createHints(database, ports.hint)
  ports.onCommit(hints.send)
  return {
    catalog,
    reader: sqlReader(database, catalog, storage.log),
    writer: ports.writer,
    feed: ports.feed,
    ready: async () => (await database.query('select 1')).length === 1,
    close: async () => {
      await ports.close()
      await hints.close()
    },
  }
}

export interface PortsOptions {
  readonly storage: Storage
  readonly catalog: Catalog
  readonly host: Host
  readonly random: (bytes: number) => Uint8Array
}

export interface Ports {
  readonly writer: Writer
  readonly feed: Feed
  /** Somebody else has committed. */
  hint(tenant: string, seq: number): void
  onCommit(listener: (tenant: string, seq: number) => void): void
  close(): Promise<void>
}

/** @internal The writer and the feed over any storage: the same for Postgres, PGlite and memory. */
export function openPorts({ storage, catalog, host, random }: PortsOptions): Ports {
  const tail = createTail({ storage, host })
  const clock = createClock({ now: host.now, replica: replicaId(random) })
  const schema = modelHash(catalog.model)
  const listeners = [tail.hint]
  const onCommit = (tenant: string, seq: number): void => {
    for (const listener of listeners) listener(tenant, seq)
  }
  const writer = createWriter({ storage, catalog, schema, clock, host, onCommit })
  return {
    writer,
    feed: createFeed({ catalog, tail, log: storage.log }),
    hint: tail.hint,
    onCommit: listener => void listeners.push(listener),
    close: async () => {
      await writer.close()
      tail.close()
      await storage.close()
    },
  }
}

import { type Checks, type Defaults, type ModelCode, missingCode, NO_CODE } from '@zg/core/act/checks'
import { createClock, replicaId } from '@zg/core/change/clock'
import { type Catalog, catalog as catalogOf } from '@zg/core/ir/catalog'
import { modelHash } from '@zg/core/ir/hash'
import type { ModelIR } from '@zg/core/ir/ir'
import { inlineTextWork } from '@zg/core/memory/textWork'
import type { Feed } from '@zg/core/ports/feed'
import type { Reader } from '@zg/core/ports/reader'
import type { Fold, LogChunk, Storage } from '@zg/core/ports/storage'
import type { TextWork } from '@zg/core/ports/textWork'
import type { Authority } from '@zg/core/ports/writer'
import { ProblemError } from '@zg/core/problem'
import { alikeSchema } from './alike.ts'
import { createFeed } from './feed/feed.ts'
import { createTail } from './feed/tail.ts'
import type { FeedLimits } from './feed/walk.ts'
import { createHints } from './hints.ts'
import { machine } from './host.ts'
import { migrate } from './migrate.ts'
import { patientStorage } from './patient.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'
import { layout } from './tables/layout.ts'
import { createFolder, type Folder } from './text/folder.ts'
import { prepareTexts } from './text/prepare.ts'
import { createTexts, type Texts } from './text/texts.ts'
import { textThread } from './text/thread.ts'
import type { Host } from './writer/host.ts'
import { createWriter } from './writer/writer.ts'

/** One model over one database: the three ports. */
export interface Store {
  readonly catalog: Catalog
  /** What the model's functions make for the fields that a create leaves out: for whoever writes acts. */
  readonly defaults: Defaults
  readonly reader: Reader
  readonly writer: Authority
  readonly feed: Feed
  /** Resolves when tables show all texts that this store has written. */
  settled(): Promise<void>
  /**
   * Tells the planner how much there is, after much was written at once: PGlite never looks by itself, Postgres only
   * in time. A statement over all tables of the model; beside reads and writes.
   */
  analyze(): Promise<void>
  /** Whether the database answers. */
  ready(): Promise<boolean>
  /** Ends streams, answers all queued mutations. The database stays open: it is its opener's. */
  close(): Promise<void>
}

/**
 * Brings the database up to the model (additive changes only; others throw `MIGRATION_DESTRUCTIVE` with the plan)
 * and opens the ports. Several stores may stand on one database, in one process or many.
 * `code`: the defined model itself, or its `checks` and `defaults`; needed if the model has such functions
 * (`CODE_MISSING`).
 */
export async function openStore(
  database: Database,
  model: ModelIR,
  code: ModelCode = NO_CODE,
): Promise<Store> {
  const missing = missingCode(model, code)
  if (missing.length) throw new ProblemError(missing)
  await migrate(database, model)
  const catalog = catalogOf(model)
  const storage = await sqlStorage(database, catalog)
  const alike = await alikeSchema(database)
  const { checks, defaults } = code
  const work = textThread()
  const texts = createTexts(work)
  const ports = openPorts({ storage, catalog, checks, host: machine, random: machine.random, work, texts })
  const hints = await createHints({ database, host: machine, onHint: ports.hint, onFolded: ports.folded })
  ports.onCommit(hints.send)
  ports.onFolded(hints.sendFolded)
  // What was left unfolded only costs readers time; it must not keep a store from opening.
  if (hasTexts(catalog)) void ports.folder.catchUp().catch(() => {})
  return {
    catalog,
    defaults,
    reader: sqlReader(database, catalog, storage.log, texts, alike),
    writer: ports.writer,
    feed: ports.feed,
    settled: () => ports.folder.idle(),
    analyze: () => analyze(database, model),
    ready: async () => (await database.query('select 1')).length === 1,
    close: async () => {
      await ports.close()
      await hints.close()
      await work.close()
    },
  }
}

async function analyze(database: Database, model: ModelIR): Promise<void> {
  const { entities, relations } = layout(model)
  const tables = [...entities.values(), ...relations.values()].map(table => table.sql)
  if (tables.length) await database.query(`analyze ${tables.join(', ')}`)
}

function hasTexts({ entities }: Catalog): boolean {
  return entities.some(({ ir }) => ir.fields.some(({ crdt }) => crdt === 'text'))
}

export interface PortsOptions {
  readonly storage: Storage
  readonly catalog: Catalog
  readonly checks?: Checks
  readonly host: Host
  readonly random: (bytes: number) => Uint8Array
  /** Opens texts; by default on the spot. */
  readonly work?: TextWork
  /** Shared with a reader, so that a text is opened once. */
  readonly texts?: Texts
  readonly limits?: FeedLimits
}

export interface Ports {
  readonly writer: Authority
  readonly feed: Feed
  readonly folder: Folder
  /** Somebody else has committed. */
  hint(tenant: string, seq: number): void
  onCommit(listener: (tenant: string, seq: number) => void): void
  /** Somebody else has folded texts of these entities. */
  folded(tenant: string, entities: ReadonlySet<number>): void
  onFolded(listener: (tenant: string, entities: ReadonlySet<number>) => void): void
  close(): Promise<void>
}

/** The writer and the feed over any storage: the same for Postgres, PGlite and memory. */
export function openPorts(options: PortsOptions): Ports {
  const { storage, catalog, checks = {}, host, random, work = inlineTextWork() } = options
  const { texts = createTexts(work), limits = {} } = options
  const patient = patientStorage(storage, host)
  const tail = createTail({ storage: patient, host })
  const clock = createClock({ now: host.now, replica: replicaId(random) })
  const schema = modelHash(catalog.model)
  const listeners: ((tenant: string, seq: number) => void)[] = []
  const onCommit = (tenant: string, seq: number, chunk: LogChunk): void => {
    tail.hand(tenant, chunk)
    tail.hint(tenant, seq)
    for (const listener of listeners) listener(tenant, seq)
  }
  const writer = createWriter({
    storage,
    catalog,
    checks,
    schema,
    clock,
    host,
    onCommit,
    onTexts: (tenant, grown) => folder.note(tenant, grown),
    prepare: (mutation, rows) => prepareTexts({ catalog, checks, storage, work, random }, mutation, rows),
  })
  const foldListeners = [tail.folded]
  const onFolded = (tenant: string, folds: readonly Fold[]): void => {
    const entities = new Set(folds.map(({ entity }) => entity))
    for (const listener of foldListeners) listener(tenant, entities)
  }
  const folder = createFolder({ storage, work, host, save: writer.fold, onFolded })
  return {
    writer,
    feed: createFeed({ catalog, tail, host, storage: patient, texts, limits }),
    folder,
    hint: tail.hint,
    onCommit: listener => void listeners.push(listener),
    folded: tail.folded,
    onFolded: listener => void foldListeners.push(listener),
    close: async () => {
      await folder.close()
      await writer.close()
      tail.close()
      await patient.close()
    },
  }
}

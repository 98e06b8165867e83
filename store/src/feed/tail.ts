import type { LogChunk, Storage } from '@zg/core/ports/storage'
import type { Host } from '../writer/host.ts'
import { CHUNK } from './ahead.ts'
import { createChunks } from './chunks.ts'

/** Every gateway re-reads the heads it serves this often (ms), so that a lost hint only delays. */
const POLL = 1_000
/** Tenants whose latest commits are kept. */
const KEPT = 16

/** The end of the log as this gateway knows it, shared by all who follow it. */
export interface Tail {
  /** Another batch was committed, here or elsewhere; may be called with what is known already. */
  hint(tenant: string, seq: number): void
  /** What was just committed here: whoever has come as far as its beginning need not read it. A hint must follow. */
  hand(tenant: string, chunk: LogChunk): void
  /**
   * The next chunk after a position, as soon as there is one (ask for the head first: hints count from then on); null once
   * the signal aborts.
   */
  next(tenant: string, after: number, signal: AbortSignal): Promise<LogChunk | null>
  head(tenant: string): Promise<number>
  /** Texts of these entities (by number) were folded, here or elsewhere: tables say what the log said before. */
  folded(tenant: string, entities: ReadonlySet<number>): void
  /** Calls back for each such notice until the returned function is called. */
  onFolded(tenant: string, listener: (entities: ReadonlySet<number>) => void): () => void
  readonly closed: boolean
  close(): void
}

export function createTail({ storage, host }: { storage: Storage; host: Host }): Tail {
  /** Of tenants that were followed here; the others may be very many. */
  const heads = new Map<string, number>()
  const waiters = new Map<string, Set<() => void>>()
  const chunks = createChunks(storage, host)
  /** By tenant: the latest commits of this gateway, as long as nobody else's came between. */
  const handed = new Map<string, LogChunk[]>()
  const end = new AbortController()
  let polling = false

  const hint = (tenant: string, seq: number): void => {
    const known = heads.get(tenant)
    if (known === undefined || seq <= known) return
    heads.set(tenant, seq)
    for (const wake of waiters.get(tenant) ?? []) wake()
  }

  const head = async (tenant: string): Promise<number> => {
    // From here on hints count: one that comes while the head is read may be newer than what is read.
    if (!heads.has(tenant)) heads.set(tenant, 0)
    const found = (await storage.heads([tenant])).get(tenant)?.seq ?? 0
    hint(tenant, found)
    return found
  }

  const poll = async (): Promise<void> => {
    polling = true
    while (waiters.size > 0 && !end.signal.aborted) {
      await host.sleep(POLL, end.signal)
      if (end.signal.aborted || waiters.size === 0) break
      try {
        for (const [tenant, { seq }] of await storage.heads([...waiters.keys()])) hint(tenant, seq)
      } catch {
        // The database is away; the next round asks again, and followers find out when they read.
      }
    }
    polling = false
  }

  const beyond = (tenant: string, after: number, signal: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const waiting = waiters.get(tenant) ?? new Set<() => void>()
      const done = (): void => {
        if ((heads.get(tenant) ?? 0) <= after && !signal.aborted && !end.signal.aborted) return
        waiting.delete(done)
        if (waiting.size === 0) waiters.delete(tenant)
        signal.removeEventListener('abort', done)
        end.signal.removeEventListener('abort', done)
        resolve()
      }
      waiters.set(tenant, waiting.add(done))
      signal.addEventListener('abort', done)
      end.signal.addEventListener('abort', done)
      if (!polling) void poll()
      done()
    })

  const hand = (tenant: string, chunk: LogChunk): void => {
    if (!heads.has(tenant)) return
    const run = handed.get(tenant) ?? []
    const fresh = run.at(-1)?.seq === chunk.seq - chunk.entries.length ? [...run, chunk] : [chunk]
    let size = fresh.reduce((sum, { entries }) => sum + entries.length, 0)
    while (size > CHUNK) size -= fresh.shift()?.entries.length ?? 0
    handed.delete(tenant)
    handed.set(tenant, fresh)
    for (const oldest of handed.keys()) {
      if (handed.size <= KEPT) break
      handed.delete(oldest)
    }
  }

  /** All that was committed here since a position, if one of the last commits began there. */
  const inHand = (tenant: string, after: number): LogChunk | null => {
    const run = handed.get(tenant) ?? []
    const from = run.findIndex(({ seq, entries }) => seq - entries.length === after)
    const last = run.at(-1)
    if (from < 0 || !last) return null
    const chunks = run.slice(from)
    // An image at the end of one chunk is that of the next one's end, too, unless that touches it.
    const images = new Map(chunks.flatMap(chunk => [...chunk.images]))
    return { ...last, entries: chunks.flatMap(({ entries }) => entries), images }
  }

  const read = (tenant: string, after: number): Promise<LogChunk> => {
    const known = chunks.has(tenant, after) ? null : inHand(tenant, after)
    if (known) chunks.note(tenant, after, known)
    return chunks.read(tenant, after)
  }

  const listeners = new Map<string, Set<(entities: ReadonlySet<number>) => void>>()

  return {
    hint,
    hand,
    head,
    folded: (tenant, entities) => {
      for (const listener of listeners.get(tenant) ?? []) listener(entities)
    },
    onFolded: (tenant, listener) => {
      const own = listeners.get(tenant) ?? new Set()
      listeners.set(tenant, own.add(listener))
      return () => {
        own.delete(listener)
        if (own.size === 0) listeners.delete(tenant)
      }
    },
    get closed() {
      return end.signal.aborted
    },
    next: async (tenant, after, signal) => {
      while (!signal.aborted && !end.signal.aborted) {
        await beyond(tenant, after, signal)
        if (signal.aborted || end.signal.aborted) break
        const told = heads.get(tenant)
        const chunk = await read(tenant, after)
        if (chunk.entries.length > 0) return chunk
        // The hint was of a log that is no more (a reset, a backup): believing it on would ask again for ever.
        // What was heard since is true, and if it was not, the poll will tell.
        if (heads.get(tenant) === told) heads.set(tenant, chunk.head)
      }
      return null
    },
    close: () => end.abort(),
  }
}

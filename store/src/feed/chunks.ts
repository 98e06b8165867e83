import { addressKey } from '@zg/core/act/overlay'
import { NOTHING } from '@zg/core/change/instance'
import type { LogChunk, LogPiece, Storage } from '@zg/core/ports/storage'
import type { Host } from '../writer/host.ts'
import { type Ahead, CHUNK, readAhead } from './ahead.ts'
import { carry } from './carry.ts'
import { createTrails, follow } from './trails.ts'

/** What is kept for followers that read in step: so many chunks, and so many bytes of them. */
const KEPT = 16
const KEPT_BYTES = 1_024 * 1_024
/** So many chunks are read ahead, each for a follower that catches up; where more do, their reads run beside each other as it is. */
const LEADS = 2
/** What is asked for goes out before a chunk of so many entries is looked at: that takes a while. */
const LARGE = 100
/** Reads after which nobody is going to come for what was read ahead. */
const STALE = 16

/** The log by chunks. A chunk is a fact and never changes, so whoever asks for the same one shares one read. */
export interface Chunks {
  /** What comes after a position. While it is looked at, the next one is read, if there is one. */
  read(tenant: string, after: number): Promise<LogChunk>
  /** Whether it need not be read. */
  has(tenant: string, after: number): boolean
  /** What is known without reading. */
  note(tenant: string, after: number, chunk: LogChunk): void
}

interface Kept {
  readonly tenant: string
  readonly after: number
  readonly chunk: Promise<LogChunk>
  bytes: number
}

interface Loaded {
  readonly chunk: LogChunk
  readonly bytes: number
}

/** What was read ahead: a chunk, and the entries of those behind it. */
interface Lead {
  readonly loaded: Promise<Loaded>
  readonly ahead: Ahead
  /** When it was begun, in reads. */
  readonly turn: number
}

/**
 * Three things are done at a time where a follower catches up: one chunk is looked at, the images of the next one are
 * read, and the entries of the one after that. However many followers there are, no more is held than KEPT and LEADS say,
 * and a mutation that is larger than a chunk.
 */
export function createChunks(
  storage: Pick<Storage, 'entries' | 'images'>,
  host: Pick<Host, 'breathe'>,
): Chunks {
  /** The oldest first. No Map: the tables it outgrows would keep alive what was in them until all memory is gone through. */
  const kept: Kept[] = []
  const leads = new Map<string, Lead>()
  const trails = createTrails()
  let turn = 0

  const find = (tenant: string, after: number): Kept | undefined =>
    kept.find(one => one.after === after && one.tenant === tenant)

  /** The oldest go first, the newest never. */
  const trim = (): void => {
    let bytes = kept.reduce((sum, one) => sum + one.bytes, 0)
    while (kept.length > 1 && (kept.length > KEPT || bytes > KEPT_BYTES)) bytes -= kept.shift()?.bytes ?? 0
  }

  const load = async (
    tenant: string,
    after: number,
    asked: Promise<LogPiece>,
    ahead: Ahead | null,
  ): Promise<Loaded> => {
    const piece = await asked
    const { seq, head, bytes } = piece
    if (seq - after >= LARGE) await host.breathe()
    const { entries } = piece
    const trail = trails.take(tenant, after)
    const { images, open } = carry(entries, key => trail.get(key)?.image)
    const read = new Set(open.map(addressKey))
    if (open.length) {
      const asking = storage.images(tenant, open, seq)
      // If it fails meanwhile, that is told below.
      asking.catch(() => {})
      if (entries.length >= LARGE) await host.breathe()
      ahead?.open()
      const loaded = await asking
      for (const [i, key] of [...read].entries()) images.set(key, loaded[i] ?? NOTHING)
    }
    trails.leave(tenant, seq, follow(trail, images, read))
    return { chunk: { entries, seq, head, images }, bytes }
  }

  const mayLead = (): boolean => {
    for (const [key, lead] of leads) if (turn - lead.turn > STALE) leads.delete(key)
    return leads.size < LEADS
  }
  /** `ahead`: what was read by those who came as far. */
  const lead = (tenant: string, after: number, ahead: Ahead | null): void => {
    const key = nameOf(tenant, after)
    if (find(tenant, after) || leads.has(key) || !mayLead()) return
    const asked = ahead?.take(after)
    const line = asked && ahead ? ahead : readAhead(storage, tenant, after)
    const loaded = load(
      tenant,
      after,
      asked ?? line.take(after) ?? storage.entries(tenant, after, CHUNK),
      line,
    )
    const one: Lead = { loaded, ahead: line, turn }
    leads.set(key, one)
    // Whoever comes for what failed must ask again, and learn what is wrong then.
    loaded.catch(() => leads.get(key) === one && leads.delete(key))
  }

  return {
    read: (tenant, after) => {
      const known = find(tenant, after)
      if (known) return known.chunk
      turn++
      const key = nameOf(tenant, after)
      const led = leads.get(key)
      leads.delete(key)
      const loaded = led?.loaded ?? load(tenant, after, storage.entries(tenant, after, CHUNK), null)
      const chunk = loaded.then(async ({ chunk, bytes }) => {
        one.bytes = bytes
        // An empty read is no fact: the next one must ask again. One huge mutation is not worth its memory.
        if (chunk.entries.length === 0 || chunk.entries.length > CHUNK || bytes > KEPT_BYTES) forget()
        trim()
        // First what comes next is asked for: whoever is shown a chunk keeps everything waiting for a while.
        if (chunk.seq < chunk.head) lead(tenant, chunk.seq, led?.ahead ?? null)
        if (chunk.entries.length >= LARGE) await host.breathe()
        return chunk
      })
      const one: Kept = { tenant, after, chunk, bytes: 0 }
      kept.push(one)
      const forget = (): void => {
        if (kept.includes(one)) kept.splice(kept.indexOf(one), 1)
      }
      chunk.catch(forget)
      return chunk
    },
    has: (tenant, after) => find(tenant, after) !== undefined,
    note: (tenant, after, chunk) => {
      kept.push({ tenant, after, chunk: Promise.resolve(chunk), bytes: 0 })
      trim()
    },
  }
}

function nameOf(tenant: string, after: number): string {
  return `${tenant}/${after}`
}

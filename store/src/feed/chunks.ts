import { addressKey } from '@zg/core/act/overlay'
import { NOTHING } from '@zg/core/change/instance'
import type { LogChunk, LogPiece, Storage } from '@zg/core/ports/storage'
import { carry } from './carry.ts'
import { createTrails, follow } from './trails.ts'

/** Entries read at once. */
export const CHUNK = 1_000
/** What is kept for followers that read in step: so many chunks, and so many bytes of them. */
const KEPT = 16
const KEPT_BYTES = 1_024 * 1_024
/** So many chunks are read ahead, each for a follower that catches up; where more do, their reads run beside each other as it is. */
const LEADS = 2
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

interface Loaded {
  readonly chunk: LogChunk
  readonly bytes: number
}

/** What was read ahead: a chunk, and the entries of the one behind it. */
interface Lead {
  readonly loaded: Promise<Loaded>
  next: Promise<LogPiece> | null
  /** When it was begun, in reads. */
  readonly turn: number
}

/**
 * Three things are done at a time where a follower catches up: one chunk is looked at, the images of the next one are
 * read, and the entries of the one after that. However many followers there are, no more is held than KEPT and LEADS say,
 * and a mutation that is larger than a chunk.
 */
export function createChunks(storage: Pick<Storage, 'entries' | 'images'>): Chunks {
  const kept = new Map<string, { readonly chunk: Promise<LogChunk>; bytes: number }>()
  const leads = new Map<string, Lead>()
  const trails = createTrails()
  let turn = 0

  /** The oldest go first, the newest never. */
  const trim = (): void => {
    let bytes = 0
    for (const one of kept.values()) bytes += one.bytes
    for (const [key, one] of kept) {
      if (kept.size === 1 || (kept.size <= KEPT && bytes <= KEPT_BYTES)) return
      kept.delete(key)
      bytes -= one.bytes
    }
  }

  const load = async (tenant: string, after: number, asked: Promise<LogPiece>): Promise<Loaded> => {
    const { entries, seq, head, bytes } = await asked
    const trail = trails.take(tenant, after)
    const { images, open } = carry(entries, key => trail.get(key)?.image)
    const read = new Set(open.map(addressKey))
    if (open.length) {
      const loaded = await storage.images(tenant, open, seq)
      for (const [i, key] of [...read].entries()) images.set(key, loaded[i] ?? NOTHING)
    }
    follow(trail, images, read)
    trails.leave(tenant, seq, trail)
    return { chunk: { entries, seq, head, images }, bytes }
  }

  const mayLead = (): boolean => {
    for (const [key, lead] of leads) if (turn - lead.turn > STALE) leads.delete(key)
    return leads.size < LEADS
  }
  /** `piece`: its entries, if they have been asked for. */
  const lead = (tenant: string, after: number, piece: Promise<LogPiece> | null): void => {
    const key = nameOf(tenant, after)
    if (kept.has(key) || leads.has(key) || !mayLead()) return
    const asked = piece ?? storage.entries(tenant, after, CHUNK)
    const one: Lead = { loaded: load(tenant, after, asked), next: null, turn }
    leads.set(key, one)
    // Whoever comes for what failed must ask again, and learn what is wrong then.
    one.loaded.catch(() => leads.get(key) === one && leads.delete(key))
    const goOn = ({ seq, head }: LogPiece): void => {
      if (seq >= head) return
      one.next = storage.entries(tenant, seq, CHUNK)
      one.next.catch(() => {
        one.next = null
      })
    }
    asked.then(goOn, () => {})
  }

  return {
    read: (tenant, after) => {
      const key = nameOf(tenant, after)
      const shared = kept.get(key)
      if (shared) return shared.chunk
      turn++
      const led = leads.get(key)
      leads.delete(key)
      const loaded = led?.loaded ?? load(tenant, after, storage.entries(tenant, after, CHUNK))
      const one = { chunk: loaded.then(({ chunk }) => chunk), bytes: 0 }
      kept.set(key, one)
      const forget = (): void => void (kept.get(key) === one && kept.delete(key))
      loaded.then(({ chunk, bytes }) => {
        one.bytes = bytes
        // An empty read is no fact: the next one must ask again. One huge mutation is not worth its memory.
        if (chunk.entries.length === 0 || chunk.entries.length > CHUNK || bytes > KEPT_BYTES) forget()
        trim()
        if (chunk.seq < chunk.head) lead(tenant, chunk.seq, led?.next ?? null)
      }, forget)
      return one.chunk
    },
    has: (tenant, after) => kept.has(nameOf(tenant, after)),
    note: (tenant, after, chunk) => {
      kept.set(nameOf(tenant, after), { chunk: Promise.resolve(chunk), bytes: 0 })
      trim()
    },
  }
}

function nameOf(tenant: string, after: number): string {
  return `${tenant}/${after}`
}

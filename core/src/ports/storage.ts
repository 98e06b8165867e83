import type { Address, ClaimKey, Facts, Needs } from '../act/needs.ts'
import type { Change } from '../change/change.ts'
import type { Hlc } from '../change/clock.ts'
import type { Instance } from '../change/instance.ts'
import type { Verdict } from './writer.ts'

/**
 * What the writer and the feed need from a database (DESIGN 4.4): small enough to be implemented in SQL and in
 * memory, so that a simulator can drive the real writer. Everything is by number; names are the readers' matter.
 */
export interface Storage {
  /** The id of this log. */
  readonly log: string
  /**
   * One transaction. Locks the tenants' head rows before anything else; with `wait: false` tenants locked
   * elsewhere are left out of `batch.heads`. Commits when `work` resolves, rolls back when it throws.
   */
  batch<T>(
    tenants: readonly string[],
    options: { readonly wait: boolean },
    work: (batch: Batch) => Promise<T>,
  ): Promise<T>
  /** The heads as committed now. */
  heads(tenants: readonly string[]): Promise<ReadonlyMap<string, Head>>
  /**
   * Entries with seq in (after, s], in order, where s is the end of a mutation, about `limit` entries at most
   * (a single larger mutation comes whole), and the images at s of everything they touch. One snapshot.
   */
  read(tenant: string, after: number, limit: number): Promise<LogChunk>
  close(): Promise<void>
}

/**
 * Thrown by `batch` when the database refused a statement and has certainly rolled back: the writer may try again
 * in smaller batches. Any other error leaves the outcome unknown (the connection may have died after COMMIT was
 * sent), and then nothing is tried again on the caller's behalf.
 */
export class StatementRefused extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'StatementRefused'
  }
}

export interface Head {
  readonly seq: number
  /** The greatest HLC logged: the gateway's clock never stamps below it. */
  readonly hlc: Hlc | null
}

export interface Batch {
  /** The tenants this batch holds locked. */
  readonly heads: ReadonlyMap<string, Head>
  load(tenant: string, needs: BatchNeeds): Promise<BatchFacts>
  save(tenant: string, writes: Writes): Promise<void>
}

/** What a batch asks for: rows, edges, inbound references and claims (core/act/needs), and verdicts. */
export interface BatchNeeds extends Needs {
  readonly verdicts: readonly VerdictKey[]
}

/** Answers, in the order asked. */
export interface BatchFacts extends Facts {
  readonly verdicts: readonly (StoredVerdict | null)[]
}

/** Who made the mutation, and under which id. */
export interface VerdictKey {
  readonly by: string
  readonly client: string
  readonly n: number
}

export interface StoredVerdict {
  readonly bodyHash: string
  readonly verdict: Verdict
  /** `Outcome.ids`. */
  readonly ids: readonly string[]
  readonly seq: number
}

/** All that one batch leaves behind in one tenant. */
export interface Writes {
  readonly head: Head
  readonly entries: readonly Entry[]
  /** The new state of everything that changed: visible rows and edges go to projections, dead rows leave them. */
  readonly instances: readonly (Address & { readonly instance: Instance; readonly seq: number })[]
  readonly claims: readonly (ClaimKey & { /** null releases it */ readonly id: string | null })[]
  readonly verdicts: readonly (VerdictKey & StoredVerdict & { /** ms */ readonly at: number })[]
}

/** One line of the log. */
export interface Entry {
  readonly seq: number
  readonly change: Change
  readonly before: Before
  /** The end of a mutation. */
  readonly last: boolean
}

/**
 * What the change overwrote, to undo it: null = the instance did not exist; for a delete the whole instance;
 * else its `born` and the cells of the touched fields (a missing one = it was absent).
 */
export type Before = Instance | null

export interface LogChunk {
  readonly entries: readonly Entry[]
  /** The position of the last entry, or `after` when there is none. */
  readonly seq: number
  /** The head at the moment of reading; greater than `seq` when there is more. */
  readonly head: number
  /** Images at `seq`, by `<entity>/<key>`, of every instance that an entry touches. */
  readonly images: ReadonlyMap<string, Instance>
}

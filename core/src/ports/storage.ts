import type { Address, ClaimKey, Facts, Needs } from '../act/needs.ts'
import type { Change } from '../change/change.ts'
import type { Hlc } from '../change/clock.ts'
import type { Instance } from '../change/instance.ts'
import type { TextContent, TextSource } from '../change/kinds/text.ts'
import type { Expression } from '../query/expression.ts'
import type { Verdict } from './writer.ts'

/**
 * What the writer and the feed need from a database (DESIGN 4.4): small enough to be implemented in SQL and in
 * memory, so that a simulator can drive the real writer. Everything is by number; names are the readers' matter.
 */
export interface Storage {
  /** The id of this log. */
  readonly log: string
  /** So many batches of different tenants may well be in flight at once. */
  readonly lanes: number
  /**
   * One transaction. Locks the tenants' head rows before anything else; with `wait: false` tenants locked
   * elsewhere are left out of `batch.heads`. Commits when `work` resolves, rolls back when it throws.
   */
  batch<T>(tenants: readonly string[], options: BatchOptions, work: (batch: Batch) => Promise<T>): Promise<T>
  /** The heads as committed now. */
  heads(tenants: readonly string[]): Promise<ReadonlyMap<string, Head>>
  /** Texts as they stand at a position; empty where there are none. One snapshot. */
  texts(tenant: string, requests: readonly TextRequest[]): Promise<readonly StoredText[]>
  /** Texts with updates that no fold covers, some of them. */
  unfolded(): Promise<readonly (TextAddress & { readonly tenant: string })[]>
  /**
   * Entries with seq in (after, s], in order, where s is the end of a mutation, about `limit` entries at most, fewer
   * where they are large (a single larger mutation comes whole).
   */
  entries(tenant: string, after: number, limit: number): Promise<LogPiece>
  /** As `View.instances`, in a snapshot of its own: asked all at once, which a view's reads are not. */
  images(tenant: string, addresses: readonly Address[], at: number): Promise<readonly Instance[]>
  /** Reads of one state of a tenant: one snapshot, for as long as `work` takes, which must not be long. */
  view<T>(tenant: string, work: (view: View) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** One state of one tenant: its reads see the log up to `head` and nothing of what is committed meanwhile. */
export interface View {
  readonly head: number
  /** As `Storage.entries`, with the images at their end of everything they touch. */
  read(after: number, limit: number): Promise<LogChunk>
  /** Images at a position up to the head, in the order asked. */
  instances(addresses: readonly Address[], at: number): Promise<readonly Instance[]>
  /**
   * Keys of the edges of a relation that have a live tag at a position up to the head and one of these ids at that end,
   * in no order. Whether their rows live is not asked.
   */
  edges(relation: number, end: 'from' | 'to', ids: readonly string[], at: number): Promise<readonly string[]>
  /** Ids of the rows for which `where` holds at the head, in order. */
  ids(entity: string, where: Expression, page: IdPage): Promise<readonly string[]>
  /**
   * How many of these rows, given in the order of their ids, come to no more than so many bytes, about; one at least, if
   * there is any.
   */
  fitting(entity: string, ids: readonly string[], bytes: number): Promise<number>
  /** As `Storage.texts`. */
  texts(requests: readonly TextRequest[]): Promise<readonly StoredText[]>
}

export interface IdPage {
  /** Only ids behind this one. */
  readonly after: string | null
  readonly limit: number
}

export interface BatchOptions {
  readonly wait: boolean
  /**
   * What `load` will be asked first, by tenant, so that it may be read right behind the lock, in the same round trip:
   * the very objects. Of tenants that are left out nothing may come of it.
   */
  readonly needs?: ReadonlyMap<string, BatchNeeds>
  /**
   * Little work, which mostly creates and changes rows: `work` may be begun before anything is locked, and begun once more,
   * from the start, if that was in vain.
   */
  readonly brief?: boolean
  /**
   * Called at most once, and only for a brief batch: all that it writes is on its way, so that another batch of its
   * tenants may be begun, which goes on from there. If this one comes to nothing then so does what the other one was begun for.
   */
  readonly onSent?: () => void
  /**
   * The end of a batch of the same tenants that is on its way: before that, and before whatever else happens then, this one is
   * not ended. If it rejects, nothing of this one is done, and it rejects with the same.
   */
  readonly behind?: Promise<void>
}

/**
 * Whose fault a refused statement is: the `mutation`'s, which must stand alone before it is told; that of others who hold
 * what it needs (`contention`: a deadlock, a serialization failure), so that the same may be tried again; or nobody's, the
 * `server` being short of something.
 */
export type Blame = 'mutation' | 'contention' | 'server'

/**
 * Thrown by `batch` when the database refused a statement and has certainly rolled back: the writer may try again
 * in smaller batches. Any other error leaves the outcome unknown (the connection may have died after COMMIT was
 * sent), and then nothing is tried again on the caller's behalf.
 */
export class StatementRefused extends Error {
  readonly blame: Blame

  constructor(cause: unknown, blame: Blame = 'mutation') {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'StatementRefused'
    this.blame = blame
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
  /**
   * ms since 1970, by the database's own clock: one for all gateways, of which any may be wrong by a year. What is
   * kept for a time, and who is ahead of it, goes by this one.
   */
  readonly now: number
  /** Nothing is written before all is saved, so there is no use in parts. */
  readonly whole?: boolean
  /** What was committed when the lock was taken; of what this batch has saved since, it may or may not tell. */
  load(tenant: string, needs: BatchNeeds): Promise<BatchFacts>
  /**
   * Who has written into texts as these Yjs clients, of what was committed when the lock was taken, in the order asked;
   * null: nobody has.
   */
  textAuthors(tenant: string, asked: readonly AuthorRequest[]): Promise<readonly (TextAuthor | null)[]>
  /**
   * May be called several times, with the next entries and the later state of what they touch. It may resolve before
   * anything is written; the batch rejects then if that fails.
   */
  save(tenant: string, writes: Writes): Promise<void>
}

/** What a batch asks for: rows, edges, inbound references and claims (core/act/needs), verdicts, and how far clients are. */
export interface BatchNeeds extends Needs {
  /** Not to be looked for: nobody has ever made these. Where one lives all the same, its batch is refused. */
  readonly fresh: readonly Address[]
  readonly verdicts: readonly VerdictKey[]
  readonly clients: readonly Client[]
}

/** Answers, in the order asked. */
export interface BatchFacts extends Facts {
  readonly verdicts: readonly (StoredVerdict | null)[]
  /** The greatest n with a verdict; 0: there is none. */
  readonly clients: readonly number[]
}

/** Who made the mutation, and under which id. */
export interface VerdictKey extends Client {
  readonly n: number
}

/** Numbers its mutations. */
export interface Client {
  readonly by: string
  readonly client: string
}

export interface StoredVerdict {
  readonly bodyHash: string
  readonly verdict: Verdict
  /** `Outcome.ids`. */
  readonly ids: readonly string[]
  readonly seq: number
}

/** What a batch leaves behind in one tenant: all, or the next part. */
export interface Writes {
  readonly head: Head
  readonly entries: readonly Entry[]
  /** The new state of everything that changed: visible rows and edges go to projections, dead rows leave them. */
  readonly instances: readonly (Address & { readonly instance: Instance; readonly seq: number })[]
  readonly claims: readonly (ClaimKey & { /** null releases it */ readonly id: string | null })[]
  readonly verdicts: readonly (VerdictKey & StoredVerdict & { /** ms */ readonly at: number })[]
  /** Verdicts to forget. */
  readonly expire?: Expiry
  /** Saved only where newer than what is there, and the row lives. */
  readonly folds?: readonly Fold[]
}

/** The oldest verdicts of the tenant, `limit` at most: of clients that start so, from before a time (ms). */
export interface Expiry {
  readonly clients: string
  readonly before: number
  readonly limit: number
}

/** A field of kind text of a row. */
export interface TextAddress extends Address {
  readonly field: number
}

/** Who writes into this text as this Yjs client? */
export interface AuthorRequest extends TextAddress {
  readonly client: number
}

/** Who writes as a Yjs client. */
export interface TextAuthor {
  readonly by: string
  /** The replica that pushes what he writes; null: he asks for every edit by itself. */
  readonly client: string | null
}

export interface TextRequest extends TextAddress {
  /** A `seq`; null: the head. */
  readonly at: number | null
  /** Only updates with a greater `seq`, and no fold: for whoever has the text as it stood there. */
  readonly after?: number
}

export interface StoredText {
  /** The newest fold there, and the updates behind it. */
  readonly source: TextSource
  /** What the fold reads, if no update is behind it. */
  readonly plain: string | null
  /** Of the last update; 0: there is none. */
  readonly seq: number
  /** Bytes of all updates. */
  readonly bytes: number
}

/** A text, opened in the background and kept: the plain text for readers of tables, the state to go on from. */
export interface Fold extends TextAddress, TextContent {
  /** Of the last update in it. */
  readonly seq: number
  /** Bytes of all updates in it. */
  readonly bytes: number
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

/** What was written one after the other. A fact: it never changes. */
export interface LogPiece {
  readonly entries: readonly Entry[]
  /** The position of the last entry, or `after` when there is none. */
  readonly seq: number
  /** The head at the moment of reading; greater than `seq` when there is more. */
  readonly head: number
  /**
   * Where the piece behind this one ends if its entries are not too large for that; `seq`, where that is not known. Whoever
   * reads ahead may ask for what comes after it.
   */
  readonly following: number
  /** What holding it costs, about: bytes of its entries as JSON. 0 where they are held anyway. */
  readonly bytes: number
}

/** A piece of the log, and what it comes to. */
export interface LogChunk extends Omit<LogPiece, 'bytes' | 'following'> {
  /** Images at `seq`, by `<entity>/<key>`, of every instance that an entry touches. */
  readonly images: ReadonlyMap<string, Instance>
}

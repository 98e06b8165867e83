import type { Instance } from '../change/instance.ts'
import type { TextSource } from '../change/kinds/text.ts'
import type { Expression } from '../query/expression.ts'
import type { Row } from '../query/query.ts'
import type { Position } from './position.ts'
import type { Scope } from './scope.ts'

/** Changes after a position, as one principal may see them. */
export interface Feed {
  /**
   * Batches of events from `since` (default: now) until the signal aborts. Gap-free and without repeats: the
   * net effect per row between two positions; resuming from any batch's position gives the rest, unless the shape
   * looks across relations and something it looks at has changed meanwhile: then there is a reset. Positions stop at the end of a mutation only. Throws `BadPosition` for a position of another log or
   * beyond the head.
   */
  follow(request: FollowRequest): AsyncIterable<FeedBatch>
  /**
   * What a replica is to hold, as merged state, until the signal aborts: first what there is, in pages, then what happens.
   * After every batch the replica holds exactly what its shapes hold at the batch's position, as far as they are
   * loaded. A batch is bounded by rows: no more than a page enters by loading, whatever the shapes hold. Who does not pull
   * costs no reads; of the log little is read ahead, and its bound is one for all. Throws `BadPosition` as `follow` does, and a ProblemError for a shape that cannot be followed.
   */
  replicate(request: ReplicateRequest): AsyncIterable<ReplicaBatch>
  /**
   * The names of entities touched by each batch of commits after `since`, for live queries: pass the position of
   * the snapshot that was read, so that no commit falls between the read and the wait.
   */
  touches(scope: Scope, since: Position, signal: AbortSignal): AsyncIterable<Touches>
}

export interface FollowRequest {
  readonly scope: Scope
  readonly shape: Shape
  /** `START`: first the rows there are, in pages, and what happens meanwhile to those told, then the rest. */
  readonly since?: Position | typeof START
  /** Told once where it begins, before the first batch and once `since` is known to be one; not from `START`. */
  began?(position: Position): void
  /**
   * Asked before each batch how far that one may go. A position ahead that has been the end of a batch of any follower is where
   * a batch ends, unless the shape looks across relations; null, or what is not ahead: as far as there is.
   */
  until?(): Position | null
  readonly signal: AbortSignal
}

/** Before everything. */
export const START = 'START'

/**
 * Which rows: those of `entity` for which `where` holds. It may look across relations, and not at texts or computed
 * fields (`checkShape`). Across relations the ids it holds are kept track of; beyond 10,000 the feed refuses it
 * (`SHAPE_TOO_LARGE`) or, once it follows it, resets.
 */
export interface Shape {
  readonly entity: string
  readonly where: Expression
}

export interface FeedBatch {
  /** May be empty: progress without anything visible. */
  readonly events: readonly FeedEvent[]
  /** What is held after it is what the shape holds there. */
  readonly position: Position
  /**
   * Present: there is no going on from here but from `START`. `LOADING`: not all rows are told yet; more follows. Else it is a reset, and
   * the last batch: forget everything.
   */
  readonly again?: 'LOADING' | ResetReason
}

export type FeedEvent =
  /** The row entered the shape or changed inside it; `row` has all own fields. */
  | { readonly kind: 'upsert'; readonly id: string; readonly row: Row }
  /** The row was deleted. */
  | { readonly kind: 'delete'; readonly id: string }
  /** The row left the shape and lives on. */
  | { readonly kind: 'evict'; readonly id: string }

export interface ReplicateRequest {
  readonly scope: Scope
  readonly shapes: readonly Shape[]
  /** Absent: the replica holds nothing yet. */
  readonly since?: Since
  readonly signal: AbortSignal
}

/** What a replica holds: the position of its last batch, and how far each shape of the request is loaded. */
export interface Since {
  readonly position: Position
  /** One per shape, in the order of the request. A shape that is new to the replica is `nothing` yet. */
  readonly loaded: readonly Loaded[]
}

export type Loaded =
  | { readonly kind: 'nothing' }
  /** Its rows up to this id, in the order of ids. */
  | { readonly kind: 'upTo'; readonly id: string }
  | { readonly kind: 'whole' }

export type ReplicaBatch =
  /**
   * To be applied whole or not at all; `position` and `loaded` are the next request's `since`. Events may be none: progress. A
   * row, an edge, is named once at most.
   */
  | ({ readonly kind: 'events'; readonly events: readonly ReplicaEvent[] } & Since)
  /** The last one: forget what the shapes hold, and ask again without `since`. */
  | { readonly kind: 'reset'; readonly reason: ResetReason; readonly position: Position }

/**
 * `GAP`: while nobody followed, something happened that a shape across relations looks at. `TOO_LARGE`: such a shape
 * has come to hold more rows than are kept track of, or what happened since is more than can be looked back on in time.
 */
export type ResetReason = 'GAP' | 'TOO_LARGE'

/** About a row (number of its entity, its id) or an edge of a many-to-many relation (number of the relation, its key). */
export type ReplicaEvent =
  /**
   * It came, or changed. A row is held while it is in one of the shapes. An edge is held while it is visible (both its
   * rows live) and one of its rows is held.
   */
  | {
      readonly kind: 'upsert'
      readonly entity: number
      readonly key: string
      readonly instance: Instance
      /** Of fields of kind text, to be added to what the replica has of them. */
      readonly texts?: readonly ReplicaText[]
    }
  /**
   * A row was deleted, and takes its edges along: they are not named. Or an edge is no longer visible, while one of its rows
   * stays held; it may come back.
   */
  | { readonly kind: 'delete'; readonly entity: number; readonly key: string }
  /** A row left the last of its shapes and lives on. It takes along, unnamed, the edges with no other end that is held. */
  | { readonly kind: 'evict'; readonly entity: number; readonly key: string }

/** A text of a row that came: whole. Of a row that was there: the updates since. Each may be added twice without harm. */
export interface ReplicaText {
  readonly field: number
  readonly source: TextSource
}

export interface Touches {
  readonly position: Position
  /** Entities whose rows, or edges at either end, changed. */
  readonly entities: ReadonlySet<string>
}

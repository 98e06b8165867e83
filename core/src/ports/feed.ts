import type { Expression } from '../query/expression.ts'
import type { Row } from '../query/query.ts'
import type { Position } from './position.ts'
import type { Scope } from './scope.ts'

/** Changes after a position, as one principal may see them. */
export interface Feed {
  /**
   * Batches of events from `since` (default: now) until the signal aborts. Gap-free and without repeats: the
   * net effect per row between two positions; resuming from any batch's position gives the rest.
   * Positions stop at the end of a mutation only. Throws `BadPosition` for a position of another log or
   * beyond the head.
   */
  follow(request: FollowRequest): AsyncIterable<FeedBatch>
  /**
   * The names of entities touched by each batch of commits after `since`, for live queries: pass the position of
   * the snapshot that was read, so that no commit falls between the read and the wait.
   */
  touches(scope: Scope, since: Position, signal: AbortSignal): AsyncIterable<Touches>
}

export interface FollowRequest {
  readonly scope: Scope
  readonly shape: Shape
  readonly since?: Position
  /** Ends there, and no batch reaches beyond: a position that a read or a batch has given. */
  readonly until?: Position
  readonly signal: AbortSignal
}

/** Which rows: those of `entity` for which `where` holds (own fields and to-one ids). */
export interface Shape {
  readonly entity: string
  readonly where: Expression
}

export interface FeedBatch {
  /** May be empty: progress without anything visible. */
  readonly events: readonly FeedEvent[]
  readonly position: Position
}

export type FeedEvent =
  /** The row entered the shape or changed inside it; `row` has all own fields. */
  | { readonly kind: 'upsert'; readonly id: string; readonly row: Row }
  /** The row was deleted. */
  | { readonly kind: 'delete'; readonly id: string }
  /** The row left the shape and lives on. */
  | { readonly kind: 'evict'; readonly id: string }

export interface Touches {
  readonly position: Position
  /** Entities whose rows, or edges at either end, changed. */
  readonly entities: ReadonlySet<string>
}

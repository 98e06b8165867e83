import type { AggregateQuery, Group } from '../query/aggregate.ts'
import type { Columns, Lists } from '../query/columns.ts'
import type { Query, Row } from '../query/query.ts'
import type { Position } from './position.ts'
import type { MaybePromise, Scope } from './scope.ts'

/** Reads. Resolvers, live queries and commands see data through this port only. */
export interface Reader {
  /** Opens a snapshot; nothing is locked or sent until its first read. Close it in any case. */
  open(scope: Scope, reading?: Reading): Snapshot
}

/** What is known of the reads to come. */
export interface Reading {
  /** There is one at most. It sees one state by itself, so that nothing has to be held for others. */
  readonly single?: boolean
  /**
   * Reads that take long, or fail, may be told to make room for others: they throw `Crowded`, and everything is to be
   * read afresh. Readers who cannot do that do not say so.
   */
  readonly shared?: boolean
}

/** This snapshot was shared with others, and is over before its time. The next is to be one's own. */
export class Crowded extends Error {
  /** Whether one's own read is why. */
  readonly own: boolean

  constructor(own: boolean, cause: unknown) {
    super('The shared snapshot is over: read again in one of your own', { cause })
    this.name = 'Crowded'
    this.own = own
  }
}

/** All reads of one operation see one state of the database. */
export interface Snapshot {
  /** The log position that the reads see. */
  position(): MaybePromise<Position>
  /**
   * One list of rows per `under.ids` (same order, missing parents give empty lists), or a single list.
   * One statement, however many parents. Rows are in `query.order`.
   */
  pages(query: Query): MaybePromise<readonly (readonly Row[])[]>
  /** Rows by id, in the order asked, null where there is none. One statement. */
  rows(
    entity: string,
    fields: readonly string[],
    ids: readonly string[],
  ): MaybePromise<readonly (Row | null)[]>
  /** As `pages`, column by column: for readers of many rows at once. */
  lists(query: Query): MaybePromise<Lists>
  /** As `rows`, column by column: those there are, each once, in any order. */
  found(entity: string, fields: readonly string[], ids: readonly string[]): MaybePromise<Columns>
  /**
   * Numbers about whole lists, whatever their length: one list of groups per `under.ids`, or a single one. Without
   * `query.groups` each list is one group. One statement, however many parents.
   */
  aggregates(query: AggregateQuery): MaybePromise<readonly (readonly Group[])[]>
  /** Ends the snapshot; later reads throw. Idempotent. */
  close(): MaybePromise<void>
}

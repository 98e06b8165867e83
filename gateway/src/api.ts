import type { Position } from '@zg/core/ports/position'
import type { Scope } from '@zg/core/ports/scope'
import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql'
import type { SyncOptions } from './sync/serve.ts'

/**
 * What a gateway serves: one schema over one store. A gateway can change from one to another while it runs
 * (`Gateway.swap`); whatever began under the old one ends under it.
 */
export interface Api {
  readonly schema: GraphQLSchema
  /** Runs a query or mutation that was parsed and validated. Failures are in the result, it does not throw. */
  execute(operation: Operation): Promise<ExecutionResult>
  /** Starts a subscription: a stream of results, or the reasons why there is none. */
  subscribe(operation: Subscribing): Promise<Results | ExecutionResult>
  /**
   * Whether one stream may serve everybody who asks the same. Absent or null: each asker gets one of their own. The
   * key must hold everything that the results depend on: document, variables, and who asks in which tenant.
   */
  share?(operation: Pick<Operation, 'document' | 'variableValues' | 'operationName'>): Share | null
  /** What replicas follow, and as whom; absent: none may. */
  readonly sync?: Pick<SyncOptions, 'catalog' | 'writer' | 'feed'> & { readonly scope: Scope }
  /** Does the database answer? False or a rejection makes `GET /ready` say 503. */
  ready(): Promise<boolean>
}

export interface Operation extends Pick<ExecutionArgs, 'document' | 'variableValues' | 'operationName'> {
  /** Aborts when the asker went away or the gateway retires the API: reads and streams may stop. */
  readonly signal: AbortSignal
}

export interface Subscribing extends Operation {
  /** Live queries give every run's result, also one that equals the last: whoever shares them has waiters to tell. */
  readonly repeats?: boolean
  /** Of a feed: from this moment on, whatever position the document names. */
  readonly fromNow?: boolean
  /** Of a feed: how far the next batch may go, for now; null: as far as there is. */
  until?(): Position | null
}

export interface Results extends AsyncIterable<ExecutionResult> {
  /** The last result is known to be outdated: another one is on its way. */
  readonly stale?: boolean
  /** Of a live query: whether the last result holds all that was committed before this call; else another one comes. */
  current?(): Promise<boolean>
  /** Of a feed: where it begins, once that is known; null: nowhere that could be named. */
  readonly began?: Promise<Position | null>
  /** Of a feed: the end of the last result; null: there is none, or no going on from there. */
  readonly position?: Position | null
}

export interface Share {
  /** Equal keys: equal streams. */
  readonly key: string
  /** Every result is the whole answer (live queries), not a part (feeds). */
  readonly whole: boolean
  /** The asker begins at an older position than all others, and joins them once they have caught up. */
  readonly resumes: boolean
}

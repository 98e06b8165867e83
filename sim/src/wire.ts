import type { FeedBatch, Mutation, Outcome, Position, Scope, Shape } from '@zg/core'
import type { Picture } from './history.ts'

/** What a client without a replica asks of a gateway: the ports, over a connection. */
export type Request =
  | { readonly kind: 'commit'; readonly call: string; readonly mutation: Mutation }
  | { readonly kind: 'read'; readonly call: string; readonly scope: Scope }
  /** These two take a connection of their own, which ends with them. */
  | { readonly kind: 'follow'; readonly scope: Scope; readonly shape: Shape; readonly since: Position }
  | { readonly kind: 'watch'; readonly scope: Scope; readonly entity: string }
  /** What follows on this connection are frames of the sync protocol. Who it is has been proved. */
  | { readonly kind: 'sync'; readonly scope: Scope }

export interface SyncMessage {
  readonly kind: 'frame'
  readonly text: string
}

export type Answer =
  | { readonly kind: 'outcome'; readonly call: string; readonly outcome: Outcome }
  | { readonly kind: 'picture'; readonly call: string; readonly picture: Picture }
  | { readonly kind: 'error'; readonly call: string; readonly error: string }
  | { readonly kind: 'batch'; readonly batch: FeedBatch }
  | { readonly kind: 'result'; readonly picture: Picture }
  | { readonly kind: 'progress'; readonly position: Position }
  | { readonly kind: 'refused'; readonly error: string }

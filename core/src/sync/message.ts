import type { Base } from '../change/change.ts'
import type { Json } from '../json.ts'
import type { Since } from '../ports/feed.ts'
import type { SentBatch } from '../ports/replicaWire.ts'
import type { Outcome } from '../ports/writer.ts'
import type { Problem } from '../problem.ts'
import type { RefusalCode } from './codes.ts'

/** The version of the protocol in PROTOCOL.md; a golden hash guards it. */
export const SYNC_VERSION = 1

/** Longest frame of a replica, in UTF-16 code units: a mutation of 8 MB, and room around it. */
export const MAX_FRAME = 12 * 2 ** 20
/** Longest frame of a gateway: a batch holds rows with all their edges, texts and documents, and cannot be parted. */
export const MAX_TOLD_FRAME = 256 * 2 ** 20
/** Mutations that may be on their way without a verdict. */
export const PUSH_WINDOW = 32
/** Shapes of one replica. */
export const MAX_SHAPES = 256

/**
 * What a replica says. Shapes and work are JSON here, and are parsed once by whoever acts on them: a shape that is
 * none is `unfit`, a mutation that is none is refused by the writer.
 */
export type ClientMessage =
  /** First, and once. `answered`: the verdicts of this client's mutations up to here have arrived. */
  | {
      readonly kind: 'hello'
      readonly version: number
      /** Hash of the IR. */
      readonly schema: string
      readonly tenant: string
      /** The durable id of the outbox. */
      readonly client: string
      readonly answered: number
      /** Characters of batches that may be on their way without an `ack`. */
      readonly window: number
    }
  /** All shapes wanted from now on, and what is held of them. Batches of earlier epochs are void. */
  | {
      readonly kind: 'follow'
      readonly epoch: number
      readonly shapes: readonly Json[]
      readonly since: Since | null
    }
  /** All batches of the epoch up to here are applied. */
  | { readonly kind: 'ack'; readonly epoch: number; readonly batch: number }
  /** The client's `n`th mutation. `attempt` counts the times the queue was sent again; answers repeat it. */
  | {
      readonly kind: 'push'
      readonly n: number
      readonly attempt: number
      readonly base: Base | null
      readonly work: Json
    }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }

/** What a gateway says. */
export type ServerMessage =
  | {
      readonly kind: 'welcome'
      readonly version: number
      /** The gateway's clock, ms since 1970. */
      readonly time: number
    }
  /** Numbered from 1 in each epoch. */
  | { readonly kind: 'batch'; readonly epoch: number; readonly batch: number; readonly body: SentBatch }
  /** A shape that cannot be followed, by its index; nothing is sent in this epoch. */
  | { readonly kind: 'unfit'; readonly epoch: number; readonly shape: number; readonly problem: Problem }
  /** The verdict, durable, and where in the log it took effect or was refused. In the order of the pushes. */
  | { readonly kind: 'verdict'; readonly n: number; readonly attempt: number; readonly outcome: Outcome }
  /** Not judged, for this reason (codes in PROTOCOL.md). `time`: the judge's clock, ms since 1970. */
  | {
      readonly kind: 'unjudged'
      readonly n: number
      readonly attempt: number
      readonly problem: Problem
      readonly time: number
    }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong'; readonly time: number }
  /** Last, before the connection closes. `retry`: ms after which to connect again; null: not without a change. */
  | {
      readonly kind: 'refuse'
      readonly code: RefusalCode
      readonly message: string
      readonly retry: number | null
    }

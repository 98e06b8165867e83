import type { Act, Shape } from '@zg/core'
import type { ModelName } from './models.ts'

/**
 * A history before it happens, as data: who does what, and what goes wrong. Run twice it happens twice, event by event.
 * Taking parts of it away leaves the others as they are, which is how a failure is made small.
 */
export interface Plan {
  /** Of all chance that is not written down here: how long things take. */
  readonly seed: number
  readonly model: ModelName
  readonly gateways: readonly Device[]
  readonly clients: readonly ClientPlan[]
  readonly faults: readonly Fault[]
}

/** A machine and its clock. */
export interface Device {
  readonly name: string
  /** ms */
  readonly skew: number
  /** 0.01: a hundredth too fast. */
  readonly drift: number
}

export interface ClientPlan extends Device {
  readonly tenant: string
  readonly steps: readonly Step[]
  /** With a replica; else it speaks to gateways directly. */
  readonly replica?: ReplicaPlan
}

export interface ReplicaPlan {
  readonly shapes: readonly Shape[]
  /** Characters of batches that may be on their way to it. */
  readonly window: number
}

/** Done one after the other, each so long (ms) after the one before. */
export type Step = { readonly after: number } & (
  | {
      readonly kind: 'commit'
      /** Names the call. */
      readonly call: string
      /** Null: it cannot be retried. */
      readonly id: string | null
      readonly acts: readonly Act[]
      /** A replica refuses at once what makes no sense where it stands, and its owner does one of these instead. */
      readonly otherwise?: readonly (readonly Act[])[]
      /** Whether the next step waits for the verdict; at a replica: until it is on disk. */
      readonly wait: boolean
      /** So often it is sent again after its verdict. */
      readonly again: number
    }
  | { readonly kind: 'read'; readonly call: string }
  /** Follows a shape to the end of the history, from the beginning or from the last position read. */
  | { readonly kind: 'follow'; readonly call: string; readonly shape: Shape; readonly from: 'start' | 'read' }
  /** At a replica: deals with everything that was refused and lies in the drawer. `acts`: sends these instead. */
  | {
      readonly kind: 'tidy'
      readonly call: string
      readonly how: 'again' | 'discard' | { readonly acts: readonly Act[] }
    }
  /** Keeps a live result of all rows of an entity. */
  | { readonly kind: 'watch'; readonly call: string; readonly entity: string }
  | { readonly kind: 'offline'; readonly ms: number }
  /** The process ends at once and comes back so long after. `machine`: with what its disk had not written. */
  | { readonly kind: 'restart'; readonly ms: number; readonly machine?: boolean }
)

/** `step` and `message` count what a node does from the beginning of the history: 1 is the first. */
export type Fault =
  | { readonly kind: 'crash'; readonly node: string; readonly step: number; readonly down: number }
  | { readonly kind: 'refuse' | 'lose'; readonly node: string; readonly step: number }
  | { readonly kind: 'cut'; readonly node: string; readonly message: number }
  | { readonly kind: 'double'; readonly node: string; readonly message: number }
  | { readonly kind: 'freeze'; readonly node: string; readonly at: number; readonly ms: number }
  | {
      readonly kind: 'part'
      readonly node: string
      readonly from: string
      readonly at: number
      readonly ms: number
    }
  | { readonly kind: 'clock'; readonly node: string; readonly at: number; readonly by: number }
  | { readonly kind: 'restart'; readonly at: number }
  /** Every hint from one gateway to the others is lost from here on. */
  | { readonly kind: 'deaf'; readonly at: number; readonly ms: number }

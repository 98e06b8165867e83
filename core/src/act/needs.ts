import type { Hlc } from '../change/clock.ts'
import type { Instance } from '../change/instance.ts'

/** An instance's address: number of its entity or relation, and its key (row id, or `<from>|<to>`). */
export interface Address {
  readonly entity: number
  readonly key: string
}

/** A live row's to-one field that holds the id asked for. */
export interface Reference {
  readonly entity: number
  readonly key: string
  readonly field: number
}

/** `index` names the unique key (core/ir/unique); `value` is the canonical JSON of the list of its values. */
export interface ClaimKey {
  readonly index: string
  readonly value: string
}

/** A change that the log holds: where, and whose it is. */
export interface Logged {
  readonly seq: number
  readonly client: string
}

/** What must be known about the database before an act can be judged. */
export interface Needs {
  readonly instances: readonly Address[]
  /** Rows whose inbound references matter. */
  readonly inbound: readonly Address[]
  readonly claims: readonly ClaimKey[]
  /** Ids of changes: are they in the log? */
  readonly stamps: readonly Hlc[]
}

/** Answers, in the order asked. */
export interface Facts {
  /** `NOTHING` where nothing is known; dead ones come as their tombstone. */
  readonly instances: readonly Instance[]
  /** A list of more than MUTATION_LIMIT (core/act/limit) may be cut there: nobody may change as many at once. */
  readonly inbound: readonly (readonly Reference[])[]
  readonly claims: readonly (string | null)[]
  readonly stamps: readonly (Logged | null)[]
}

export const NO_NEEDS: Needs = { instances: [], inbound: [], claims: [], stamps: [] }

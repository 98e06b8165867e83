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

/** What must be known about the database before an act can be judged. */
export interface Needs {
  readonly instances: readonly Address[]
  /** Rows whose inbound references matter. */
  readonly inbound: readonly Address[]
  readonly claims: readonly ClaimKey[]
}

/** Answers, in the order asked. */
export interface Facts {
  /** `NOTHING` where nothing is known; dead ones come as their tombstone. */
  readonly instances: readonly Instance[]
  /** A list of more than MUTATION_LIMIT (core/act/limit) may be cut there: nobody may change as many at once. */
  readonly inbound: readonly (readonly Reference[])[]
  readonly claims: readonly (string | null)[]
}

export const NO_NEEDS: Needs = { instances: [], inbound: [], claims: [] }

import type { Act } from '../act/act.ts'
import type { Problem } from '../problem.ts'
import type { Position } from './position.ts'
import type { MaybePromise, Scope } from './scope.ts'

/** Writes: one mutation = one transaction, applied whole or not at all. */
export interface Writer {
  /**
   * Resolves once the verdict is durable. Refusals are verdicts, not exceptions; it throws only when the
   * store cannot answer (`OVERLOADED`, unreachable, closed), and then nothing was acknowledged.
   */
  commit(mutation: Mutation): MaybePromise<Outcome>
}

/** One user intent. */
export interface Mutation {
  readonly scope: Scope
  /** Steps in order, each seeing the effects of the earlier ones. */
  readonly acts: readonly Act[]
  /** Chosen by the caller to make retries safe; absent: answered, not stored. */
  readonly mutationId?: string
}

export interface Outcome {
  readonly verdict: Verdict
  /** The position at which the mutation took effect or was refused. */
  readonly position: Position
  /** The id each act was about, as first committed: a retry under the same `mutationId` learns the ids made then. */
  readonly ids: readonly string[]
}

export interface Verdict {
  readonly status: 'applied' | 'rejected'
  /** Why it was refused; paths start with the index of the act: `['0', 'title']`. Empty when applied. */
  readonly problems: readonly Problem[]
}

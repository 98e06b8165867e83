import type { Act } from '../act/act.ts'
import type { Superseded } from '../act/step.ts'
import type { Base, Change } from '../change/change.ts'
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

/** A writer whose word is final: it also takes what replicas made offline (core/act/PUSH.md). */
export interface Authority extends Writer {
  /**
   * Resolves once the verdict is durable; a retry gets the verdict of the first time. Checked to the last member, so
   * what a stranger sent may be handed in as it is. Throws as `commit` does.
   */
  push(push: Push): MaybePromise<PushAnswer>
}

/** One user intent. */
export interface Mutation {
  readonly scope: Scope
  /** Steps in order, each seeing the effects of the earlier ones. */
  readonly acts: readonly Act[]
  /** Chosen by the caller to make retries safe; absent: answered, not stored. */
  readonly mutationId?: string
  /**
   * What the author had seen: removals from sets and relations take away nothing that came since, and a delete takes
   * along no row that did (`UNSEEN_ROWS`). Absent: the head. `BAD_CURSOR` if it is not of this log.
   */
  readonly base?: Position
}

/** One mutation of a replica's outbox. */
export interface Push {
  readonly scope: Scope
  /** The durable id of the outbox: 1 to 64 of `[A-Za-z0-9_-]`. */
  readonly client: string
  /** 1, 2, 3... per client: mutations are judged in this order, none left out. */
  readonly n: number
  /** The position that the replica held; null: none. */
  readonly base: Base | null
  readonly work: Work
}

/** `laneOf` (core/act/lane) says which of the two it has to be. */
export type Work =
  /** Merge lane: logged as stamped. `base`, `by`, `tenant` and `mutation` of each are those of the push. */
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  /** Guarded lane: judged under the lock, logged as changes that the writer stamps for this client. */
  | { readonly kind: 'acts'; readonly acts: readonly Act[] }

export type PushAnswer = { readonly kind: 'verdict'; readonly outcome: Outcome } | PushRefusal

/**
 * Not judged, nothing stored:
 * - `CLOCK_AHEAD`: a stamp lies more than 60 s after `time`. Correct the clock, stamp anew, push the same n again.
 * - `MUTATION_GAP`: `next` is the n that comes next; push that first.
 * - `BAD_BASE`: `base` is of another log, or ahead of this one. Push the same n under a base of this log.
 * - `ID_REUSED`: another mutation was judged under this n. A bug, or an outbox restored from a copy: go on as a new client.
 * - `VERDICT_GONE`: it was judged, and its verdict is kept no longer.
 * - `BAD_PUSH`: no push at all; not even its n can be told.
 */
export interface PushRefusal {
  readonly kind: 'refused'
  readonly problem: Problem
  /** The judge's clock, ms since 1970. */
  readonly time: number
  /** Of a `MUTATION_GAP`: the n that the judge waits for. */
  readonly next?: number
}

export interface Outcome {
  readonly verdict: Verdict
  /** The position at which the mutation took effect or was refused. */
  readonly position: Position
  /**
   * The id each act was about, as first committed: a retry under the same `mutationId` learns the ids made then. Of
   * pushed changes none: they name theirs.
   */
  readonly ids: readonly string[]
}

export interface Verdict {
  /** `repaired` and `conflict`: applied, and something was put right or noted besides. */
  readonly status: 'applied' | 'repaired' | 'rejected' | 'conflict'
  /** Why it was refused; paths start with the index of the act or change: `['0', 'title']`. Empty when applied. */
  readonly problems: readonly Problem[]
  /** What of it had no effect, because a later stamp stood there already or the row is dead; absent: nothing. */
  readonly superseded?: readonly Superseded[]
}

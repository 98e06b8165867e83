import type { Act } from '@zg/core/act/act'
import { bodyHash } from '@zg/core/act/body'
import type { Outcome } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import type { Entry } from './outbox.ts'

/** What somebody wrote here. */
export interface Written {
  /** In the drawer and the outbox; null: there was nothing to send. */
  readonly id: number | null
  /** What it does here, at once. */
  readonly outcome: Outcome
  /** Resolves once it is durable here; rejects if the disk fails, and then it was never sent. */
  readonly durable: Promise<void>
  /** Resolves with the gateway's verdict, however long that takes. */
  readonly settled: Promise<Outcome>
}

/** What was answered to those who wrote here, and what they are still owed. */
export interface Answers {
  /** The answer about what is in the outbox; `settle` keeps its promise. */
  promise(entry: Entry, outcome: Outcome, durable: Promise<void>): Written
  settle(id: number, outcome: Outcome): void
  remember(mutationId: string, acts: readonly Act[], written: Written): void
  /** What was answered under this mutation id, or that it was another mutation's. */
  known(mutationId: string, acts: readonly Act[]): Written | Problem | undefined
}

/** Mutation ids of callers that are known to have been used. */
const REMEMBERED = 10_000

const REUSED = problem(
  'ID_REUSED',
  ['mutationId'],
  'This mutation id was used for another mutation; every mutation needs an id of its own',
)

export function createAnswers(): Answers {
  const owed = new Map<number, ((outcome: Outcome) => void)[]>()
  const answered = new Map<string, { readonly body: string; readonly written: Written }>()
  return {
    promise: ({ id, outcome: verdict }, outcome, durable) => {
      const settled = new Promise<Outcome>(settle => {
        if (verdict) settle(verdict)
        else owed.set(id, [...(owed.get(id) ?? []), settle])
      })
      return { id, outcome, durable, settled }
    },
    settle: (id, outcome) => {
      for (const settle of owed.get(id) ?? []) settle(outcome)
      owed.delete(id)
    },
    remember: (mutationId, acts, written) => {
      answered.set(mutationId, { body: bodyHash(acts), written })
      if (answered.size > REMEMBERED) answered.delete(answered.keys().next().value ?? '')
    },
    known: (mutationId, acts) => {
      const known = answered.get(mutationId)
      if (!known) return undefined
      return known.body === bodyHash(acts) ? known.written : REUSED
    },
  }
}

import type { Mutation, Outcome } from '@zg/core/ports/writer'
import { expect } from 'vitest'
import { createOracle, type Oracle } from './oracle.fixture.ts'

export interface Settled {
  readonly mutation: Mutation
  readonly outcome: Outcome
}

/** Replays the outcomes by position: first who moved the log there, then who changed nothing or was refused there. */
export function inOrder(tenant: string, settled: readonly Settled[]): Oracle {
  const oracle = createOracle()
  const at = ({ outcome }: Settled) => outcome.position.seqs[tenant] ?? 0
  const codesOf = ({ outcome }: Settled) => outcome.verdict.problems.map(({ code }) => code)
  for (const seq of [...new Set(settled.map(at))].sort((a, b) => a - b)) {
    const here = settled.filter(one => at(one) === seq)
    const applied = here.filter(({ outcome }) => outcome.verdict.status === 'applied')
    // Of several applied ones only one has changed anything; whoever needs it may stand before it in the list.
    const early = applied.filter(({ mutation }) => oracle.commit(mutation).length > 0)
    expect(early.map(({ mutation }) => oracle.commit(mutation))).toEqual(early.map(() => []))
    const refused = here.filter(one => !applied.includes(one))
    expect(refused.map(({ mutation }) => oracle.commit(mutation))).toEqual(refused.map(codesOf))
  }
  return oracle
}

import type { History, Violation } from './history.ts'
import { judge } from './judge.ts'
import type { Plan } from './plan.ts'
import { planOf } from './planner.ts'
import { happen } from './world.ts'

/** A plan that has happened and was judged. */
export interface Trial {
  readonly history: History
  readonly violations: readonly Violation[]
}

export async function tryPlan(plan: Plan): Promise<Trial> {
  const history = await happen(plan)
  return { history, violations: judge(history) }
}

/** What a range of seeds came to. */
export interface Tally {
  readonly histories: number
  readonly mutations: number
  readonly batches: number
  readonly reads: number
  readonly faults: number
  readonly failures: readonly { readonly seed: number; readonly violations: readonly Violation[] }[]
}

export const NOTHING_YET: Tally = {
  histories: 0,
  mutations: 0,
  batches: 0,
  reads: 0,
  faults: 0,
  failures: [],
}

/** The checker that nobody needs to ask: whoever watched the history has stopped it. */
export const ENDS = 'ends'

/** Of a history in which somebody does what never ends, and lets no time pass. */
export function endless(seed: number): Tally {
  const what = 'Somebody is in a loop that no event ends; --trace tells the events before it'
  return { ...NOTHING_YET, histories: 1, failures: [{ seed, violations: [{ promise: ENDS, what }] }] }
}

export async function trySeed(seed: number): Promise<Tally> {
  const plan = planOf(seed)
  const { history, violations } = await tryPlan(plan)
  const count = (...kinds: readonly string[]): number =>
    history.moments.filter(({ kind }) => kinds.includes(kind)).length
  return {
    histories: 1,
    mutations: count('asked'),
    batches: count('batch'),
    reads: count('read', 'result'),
    faults: count('event'),
    failures: violations.length ? [{ seed, violations }] : [],
  }
}

export function add(one: Tally, other: Tally): Tally {
  return {
    histories: one.histories + other.histories,
    mutations: one.mutations + other.mutations,
    batches: one.batches + other.batches,
    reads: one.reads + other.reads,
    faults: one.faults + other.faults,
    failures: [...one.failures, ...other.failures],
  }
}

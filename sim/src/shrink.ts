import { judge } from './judge.ts'
import type { ClientPlan, Device, Plan, Step } from './plan.ts'
import { happen } from './world.ts'

/** Histories tried at most. */
const BUDGET = 1_000

/** Whether a plan still breaks the same promise. */
async function breaks(plan: Plan, promise: string): Promise<boolean> {
  return judge(await happen(plan)).some(violation => violation.promise === promise)
}

/**
 * The smallest plan found that breaks the same promise: takes away clients, faults, steps, acts, gateways and oddities of
 * clocks, large pieces first, until nothing more can go.
 */
export async function shrink(
  plan: Plan,
  promise: string,
  fails: (plan: Plan, promise: string) => Promise<boolean> = breaks,
): Promise<Plan> {
  let smallest = plan
  let left = BUDGET
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const candidate of smallerThan(() => smallest)) {
      if (left-- <= 0) return smallest
      if (!(await fails(candidate, promise))) continue
      smallest = candidate
      shrunk = true
    }
  }
  return smallest
}

/** Always of the smallest plan so far. */
function* smallerThan(current: () => Plan): Generator<Plan> {
  yield* fewer(
    () => current().clients,
    clients => ({ ...current(), clients }),
  )
  yield* fewer(
    () => current().faults,
    faults => ({ ...current(), faults }),
  )
  for (const { name } of current().clients) {
    const client = () => current().clients.find(other => other.name === name)
    const withSteps = (steps: readonly Step[]): Plan => replaced(current(), name, { steps })
    yield* fewer(() => client()?.steps ?? [], withSteps)
    for (let i = 0; i < (client()?.steps.length ?? 0); i++) {
      for (const simpler of simplerThan(client()?.steps[i])) {
        yield withSteps(client()?.steps.map((step, at) => (at === i ? simpler : step)) ?? [])
      }
    }
    if (isOdd(client())) yield replaced(current(), name, RIGHT)
  }
  if (current().gateways.length > 1) yield { ...current(), gateways: current().gateways.slice(0, 1) }
  if (current().gateways.some(isOdd)) {
    yield { ...current(), gateways: current().gateways.map(({ name }) => ({ name, ...RIGHT })) }
  }
}

/** A clock that is right. */
const RIGHT = { skew: 0, drift: 0 }

/** What is right already is not tried again: a candidate that takes nothing away would be taken for progress for ever. */
function isOdd(device: Device | undefined): boolean {
  return device !== undefined && (device.skew !== 0 || device.drift !== 0)
}

function replaced(plan: Plan, name: string, part: Partial<ClientPlan>): Plan {
  return {
    ...plan,
    clients: plan.clients.map(client => (client.name === name ? { ...client, ...part } : client)),
  }
}

/** Without all, without each half, without each quarter, ... without each one. */
function* fewer<T>(items: () => readonly T[], make: (items: readonly T[]) => Plan): Generator<Plan> {
  for (let size = items().length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < items().length; ) {
      const before = items()
      yield make([...before.slice(0, from), ...before.slice(from + size)])
      // If that was kept, the next piece stands in its place now.
      if (items().length === before.length) from += size
    }
  }
}

function* simplerThan(step: Step | undefined): Generator<Step> {
  if (!step) return
  if (step.after > 0) yield { ...step, after: 0 }
  if (step.kind !== 'commit') return
  if (step.again > 0) yield { ...step, again: 0 }
  for (let i = 0; step.acts.length > 1 && i < step.acts.length; i++) {
    yield { ...step, acts: step.acts.filter((_, at) => at !== i) }
  }
  for (const [i, act] of step.acts.entries()) {
    if (act.kind === 'delete') continue
    for (const name of Object.keys(act.fields)) {
      const { [name]: _, ...fields } = act.fields
      yield { ...step, acts: step.acts.map((other, at) => (at === i ? { ...act, fields } : other)) }
    }
  }
}

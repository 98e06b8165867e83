import { expect, test } from 'vitest'
import type { History } from './history.ts'
import { type ModelName, models } from './models.ts'
import type { ClientPlan, Fault, Plan } from './plan.ts'
import { planOf } from './planner.ts'
import { tryPlan } from './trial.ts'

// Promise 8 at replicas: `points.test` ends gateways at every step, this one devices at everything they ask of their disk.

/** Without faults of its own, with a replica that writes a lot and one other, who begins: there are many points. */
function planWith(model: ModelName): { readonly plan: Plan; readonly client: ClientPlan } {
  for (let seed = 1; ; seed++) {
    const plan = planOf(seed)
    const writes = ({ steps }: ClientPlan): number => steps.filter(({ kind }) => kind === 'commit').length
    const client = plan.clients.find(one => one.replica && writes(one) >= 5)
    if (plan.model === model && plan.clients.length === 2 && client)
      return { plan: { ...plan, faults: [] }, client }
  }
}

const endings = ({ moments }: History, name: string): number =>
  moments.filter(moment => moment.kind === 'event' && moment.what === `${name} ends, and its disk with it`)
    .length

/** A second crash meets what the first one has torn: so many requests after it, or none. */
const AGAIN = [null, 3]

test.each(Object.keys(models) as ModelName[])(
  '%s: a device may end at everything it asks of its disk, and what was not synced with it',
  async model => {
    const { plan, client } = planWith(model)
    const { name } = client
    const whole = await tryPlan(plan)
    expect(whole.violations).toEqual([])
    const planned = endings(whole.history, name)
    const crash = (step: number): Fault => ({ kind: 'crash', node: name, step, down: 50 })
    for (const later of AGAIN) {
      for (let step = 1; ; step++) {
        const faults = later === null ? [crash(step)] : [crash(step), crash(step + later)]
        const { history, violations } = await tryPlan({ ...plan, faults })
        expect([plan.seed, faults, violations]).toEqual([plan.seed, faults, []])
        // It never asked so often: the one before was the last point.
        if (endings(history, name) < planned + faults.length) {
          expect(step).toBeGreaterThan(15)
          break
        }
      }
    }
  },
  120_000,
)

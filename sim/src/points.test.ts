import { expect, test } from 'vitest'
import type { Fault, Plan } from './plan.ts'
import { planOf } from './planner.ts'
import { tryPlan } from './trial.ts'

// Promise 8. Chance hits few of the points at which a gateway may end; here each of them is.

const plans = [11, 12, 13].map((seed): Plan => ({ ...planOf(seed), faults: [] }))
const faults: readonly (readonly [what: string, at: (node: string, step: number) => Fault])[] = [
  ['a gateway may end', (node, step) => ({ kind: 'crash', node, step, down: 50 })],
  ['the connection to the database may break', (node, step) => ({ kind: 'lose', node, step })],
  ['the database may refuse a statement', (node, step) => ({ kind: 'refuse', node, step })],
]

test.each(faults)('%s at every step, and every promise is kept', { timeout: 120_000 }, async (_, at) => {
  let points = 0
  for (const plan of plans) {
    const { history } = await tryPlan(plan)
    for (const [node, steps] of history.steps) {
      for (let step = 1; step <= steps; step++) {
        const { violations } = await tryPlan({ ...plan, faults: [at(node, step)] })
        expect([plan.seed, node, step, violations]).toEqual([plan.seed, node, step, []])
        points++
      }
    }
  }
  expect(points).toBeGreaterThan(200)
})

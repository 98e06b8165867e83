import { expect, test } from 'vitest'
import type { Plan } from './plan.ts'
import { planOf } from './planner.ts'
import { shrink } from './shrink.ts'
import { tryPlan } from './trial.ts'

/** What is left of a plan, in a few words. */
const sketch = ({ clients, faults, gateways }: Plan) => ({
  gateways: gateways.map(({ skew, drift }) => [skew, drift]),
  faults: faults.map(({ kind }) => kind),
  clients: clients.map(({ name, skew, steps }) => [
    name,
    skew,
    steps.map(step =>
      step.kind === 'commit'
        ? [
            step.after,
            step.again,
            step.acts.map(act => [act.kind, ...(act.kind === 'delete' ? [] : Object.keys(act.fields))]),
          ]
        : step.kind,
    ),
  ]),
})

test('nothing is left but what the failure needs', async () => {
  const cut = (plan: Plan) => plan.faults.some(({ kind }) => kind === 'cut')
  const counts = (plan: Plan) =>
    plan.clients.some(({ steps }) =>
      steps.some(
        step =>
          step.kind === 'commit' &&
          step.acts.some(
            act =>
              act.kind !== 'delete' && Object.values(act.fields).some(({ kind }) => kind === 'increment'),
          ),
      ),
    )
  let tried = 0
  for (let seed = 1; tried < 20; seed++) {
    const plan = planOf(seed)
    if (!cut(plan) || !counts(plan)) continue
    tried++
    let candidates = 0
    const small = await shrink(plan, 'any', async candidate => {
      candidates++
      return cut(candidate) && counts(candidate)
    })
    // It comes to an end by itself, long before its budget does.
    expect(candidates).toBeLessThan(500)
    const [one, ...others] = small.clients
    expect([others, sketch(small)]).toEqual([
      [],
      {
        gateways: [[0, 0]],
        faults: ['cut'],
        clients: [[one?.name, 0, [[0, 0, [[expect.stringMatching(/create|update/), expect.any(String)]]]]]],
      },
    ])
  }
})

test('of one that depends on what happens, each candidate is a history, and the smallest still fails', async () => {
  // As if nobody might ever be refused.
  const refused = async (plan: Plan): Promise<boolean> => {
    const { history } = await tryPlan(plan)
    return history.moments.some(
      moment => moment.kind === 'told' && moment.outcome.verdict.status === 'rejected',
    )
  }
  const plan = planOf(3)
  expect(await refused(plan)).toBe(true)
  const small = await shrink(plan, 'any', refused)
  expect(await refused(small)).toBe(true)
  const steps = small.clients.flatMap(client => client.steps)
  expect([small.clients.length, steps.length, small.faults.length]).toEqual([1, 1, 0])
})

test('a plan is data: kept as JSON it is the same history', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const plan = planOf(seed)
    expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan)
    expect(planOf(seed)).toStrictEqual(plan)
  }
  const plan = planOf(7)
  const [made, kept] = [await tryPlan(plan), await tryPlan(JSON.parse(JSON.stringify(plan)))]
  expect(kept.history.moments).toEqual(made.history.moments)
})

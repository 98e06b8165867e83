import { expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { tryPlan } from './trial.ts'

test('what went wrong once does not happen again', async () => {
  for (const [name, { plan }] of readCorpus()) {
    const { violations } = await tryPlan(plan)
    expect([name, violations]).toEqual([name, []])
  }
})

import { expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { tryPlan } from './trial.ts'

test('what went wrong once does not happen again', async () => {
  const corpus = readCorpus()
  expect(corpus.size).toBeGreaterThan(0)
  for (const [name, { plan }] of corpus) {
    const { violations } = await tryPlan(plan)
    expect([name, violations]).toEqual([name, []])
  }
})

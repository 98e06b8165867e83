import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import type { Outcome, Writer } from '@zg/core/ports/writer'
import { ProblemError, problem } from '@zg/core/problem'
import { expect, test } from 'vitest'
import { patient } from './patient.ts'

const outcome: Outcome = {
  verdict: { status: 'applied', problems: [] },
  position: { log: 'l', seqs: { [MAIN]: 1 } },
  ids: [],
}
const mutation = { scope: { tenant: MAIN, principal: ANONYMOUS }, acts: [] }

function failing(...errors: readonly ProblemError[]) {
  const slept: number[] = []
  let asked = 0
  const writer: Writer = {
    commit: async () => {
      const error = errors[asked++]
      if (error) throw error
      return outcome
    },
  }
  const sleep = async (ms: number) => void slept.push(ms)
  return { commit: () => patient(writer, { sleep, tries: 4 }).commit(mutation), slept, asked: () => asked }
}

const overloaded = (after: number | null) => new ProblemError([problem('OVERLOADED', [], 'Busy.')], after)

test('who is told to come again later does, and waits longer each time', async () => {
  const { commit, slept } = failing(overloaded(250), overloaded(250), overloaded(null))
  expect(await commit()).toBe(outcome)
  expect(slept).toEqual([250, 500, 3_000])
})

test('it gives up in the end', async () => {
  const { commit, asked } = failing(...Array.from({ length: 9 }, () => overloaded(10)))
  await expect(commit()).rejects.toThrow('OVERLOADED')
  expect(asked()).toBe(4)
})

test('what will not pass is not tried again: nobody knows whether it was written', async () => {
  const { commit, slept } = failing(new ProblemError([problem('OUTCOME_UNKNOWN', [], 'Lost.')]))
  await expect(commit()).rejects.toThrow('OUTCOME_UNKNOWN')
  expect(slept).toEqual([])
})

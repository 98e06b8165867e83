import type { Mutation, Outcome } from '@zg/core/ports/writer'
import { problem } from '@zg/core/problem'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scope } from './ports.fixture.ts'
import { settle, type Unit } from './settle.ts'

/** Units of `sizes` acts, those in `bad` refused; the writer names the first bad act, all of them, or none. */
async function settled(sizes: readonly number[], bad: ReadonlySet<number>, names: 'first' | 'all' | 'none') {
  const outcomes = new Map<number, string>()
  const judged: number[] = []
  const commit = ({ acts }: Mutation): Outcome => {
    judged.push(acts.length)
    const found = acts.flatMap((act, i) =>
      bad.has(Number(act.id.split('.')[0])) ? [[i, act.id] as const] : [],
    )
    const told = names === 'all' ? found : found.slice(0, 1)
    const problems = told.map(([i, id]) => problem('BAD', names === 'none' ? [] : [String(i), 'x'], id))
    const status = problems.length ? 'rejected' : 'applied'
    return { verdict: { status, problems }, position: { log: '', seqs: {} }, ids: [] }
  }
  const units = sizes.map(
    (size, at): Unit => ({
      acts: Array.from({ length: size }, (_, i) => ({
        kind: 'update',
        entity: 'E',
        id: `${at}.${i}`,
        fields: {},
      })),
      settled([own]) {
        expect(outcomes.has(at)).toBe(false)
        outcomes.set(at, own ? `${own.message} ${own.path.join('.')}` : 'written')
      },
    }),
  )
  await settle({ commit }, scope, units)
  return { outcomes, judged }
}

test('only bad units are refused, whatever the writer names, and each unit is settled once', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(fc.nat(59)),
      fc.constantFrom('first', 'all', 'none' as const),
      async (sizes, list, names) => {
        const bad = new Set(list)
        const { outcomes, judged } = await settled(sizes, bad, names)
        for (const at of sizes.keys()) {
          const path = names === 'none' ? '' : '0.x'
          expect(outcomes.get(at)).toBe(bad.has(at) ? `${at}.0 ${path}` : 'written')
        }
        const acts = sizes.reduce((sum, size) => sum + size, 0)
        expect(judged.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(
          acts * (Math.ceil(Math.log2(sizes.length)) + 2),
        )
      },
    ),
  )
})

test('a mutation that is too large is halved, and refuses nobody', async () => {
  const outcomes: number[] = []
  const commit = ({ acts }: Mutation): Outcome => {
    const problems = acts.length > 10 ? [problem('TOO_LARGE', ['10'], 'split it')] : []
    return {
      verdict: { status: problems.length ? 'rejected' : 'applied', problems },
      position: { log: '', seqs: {} },
      ids: [],
    }
  }
  const acts = (id: number) => [{ kind: 'update', entity: 'E', id: String(id), fields: {} }] as const
  const units = Array.from(
    { length: 25 },
    (_, i): Unit => ({ acts: acts(i), settled: problems => outcomes.push(problems.length) }),
  )
  await settle({ commit }, scope, units)
  expect(outcomes).toEqual(units.map(() => 0))
})

test('nothing is no mutation', async () => {
  expect((await settled([], new Set(), 'all')).judged).toEqual([])
})

import { expect, test } from 'vitest'
import { add, NOTHING_YET, type Tally, trySeed } from './trial.ts'

/** A planted bug must show within so many seeds; `npm run sim -- --seeds 10000` looks further. */
const SEEDS = 1_000

test(`${SEEDS} histories keep every promise`, { timeout: 150_000 }, async () => {
  let tally: Tally = NOTHING_YET
  for (let seed = 1; seed <= SEEDS && tally.failures.length === 0; seed++)
    tally = add(tally, await trySeed(seed))
  const failures = tally.failures.map(
    ({ seed, violations }) =>
      `seed ${seed}: ${violations.map(({ promise, what }) => `${promise}: ${what}`).join('; ')}`,
  )
  expect(failures.join('\n')).toBe('')
  // Histories in which nothing happens would keep them too.
  expect(tally.mutations).toBeGreaterThan(8 * SEEDS)
  expect(tally.batches).toBeGreaterThan(2 * SEEDS)
  expect(tally.reads).toBeGreaterThan(SEEDS)
  expect(tally.faults).toBeGreaterThan(SEEDS)
})

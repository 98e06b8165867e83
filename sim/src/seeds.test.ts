import { expect, test } from 'vitest'
import { tryRange } from './crew.ts'

/** A planted bug must show within so many seeds; `npm run sim -- --seeds 10000` looks further. */
const SEEDS = 1_000

test(`${SEEDS} histories keep every promise`, { timeout: 150_000 }, async () => {
  const tally = await tryRange(1, SEEDS, { threads: 1, bail: true })
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

import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { createChance, seedOf } from './seed.ts'

afterEach(() => vi.unstubAllEnvs())

test('a seed is a number, the usual one where none is named', () => {
  expect(seedOf('17')).toBe(17)
  expect(seedOf('-3')).toBe(-3)
  expect(seedOf('')).toBe(seedOf(undefined))
})

test("'random' is another one each time, and another word is refused", () => {
  const seeds = Array.from({ length: 10 }, () => seedOf('random'))
  expect(new Set(seeds).size).toBeGreaterThan(1)
  for (const seed of seeds) expect(seedOf(String(seed))).toBe(seed)
  for (const text of ['rnd', '1.5', '4e9']) expect(() => seedOf(text)).toThrow(/ZG_SEED is/)
})

test('chance is the same for the same seed, below its bound, and evenly so', () => {
  const drawn = (seed: number) => {
    const below = createChance(seed)
    return Array.from({ length: 3_000 }, () => below(3))
  }
  expect(drawn(17)).toEqual(drawn(17))
  expect(drawn(17)).not.toEqual(drawn(18))
  for (const side of [0, 1, 2]) expect(drawn(17).filter(n => n === side).length).toBeGreaterThan(900)
})

test('chance and properties of this run draw from ZG_SEED', () => {
  const seed = seedOf(process.env.ZG_SEED)
  // The setup has resolved it, so that every file of a run draws from one.
  expect(process.env.ZG_SEED).toBe(String(seed))
  expect(fc.readConfigureGlobal().seed).toBe(seed)
  expect(fc.sample(fc.integer(), 20)).toEqual(fc.sample(fc.integer(), { seed, numRuns: 20 }))
  vi.stubEnv('ZG_SEED', '5')
  expect(createChance()(1e9)).toBe(createChance(5)(1e9))
})

// What tests leave to chance is drawn from one seed, so that a run fails or passes by what is tested, never by luck.

/** Where nothing else is said. Every mutant that a property must find is found by it (decision 334). */
const USUAL = 1
/** Seeds are what fast-check takes: 32 bits. */
const MOST = 2 ** 31 - 1

/** Of ZG_SEED: a number, `random` for one that nobody knows yet, or nothing for the usual one. Throws on anything else. */
export function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return USUAL
  if (text === 'random') return 1 + Math.floor(Math.random() * 1e9)
  const seed = Number(text)
  if (!Number.isInteger(seed) || Math.abs(seed) > MOST)
    throw new Error(`ZG_SEED is '${text}'; it may be a whole number up to ${MOST}, or 'random'`)
  return seed
}

/** Draws integers in [0, n): the same ones in every run of the same seed. What else a test draws does not shift them. */
export function createChance(seed = seedOf(process.env.ZG_SEED)): (n: number) => number {
  const draw = mulberry32(seed)
  return n => Math.floor(draw() * n)
}

/** Tommy Ettinger's generator of 32 bits of state, in [0, 1). Good enough for moments and choices. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}

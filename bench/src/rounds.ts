import type { Run } from './run.ts'

/** Measures once. Rates or durations, but the same for both sides. */
export type Measure = () => Promise<number>

export interface Medians {
  readonly ours: number
  readonly reference: number
}

/**
 * Ours and the reference in turns, so that a machine that is busy for a while is busy for both; who begins alternates
 * too. Both are measured once more before, unrecorded: compilers and caches get warm.
 */
export async function alternate(run: Run, name: string, ours: Measure, reference: Measure): Promise<Medians> {
  const found = { ours: [] as number[], reference: [] as number[] }
  for (let round = -1; round < run.rounds; round++) {
    const sides = [['ours', ours] as const, ['reference', reference] as const]
    const values: string[] = []
    for (const [side, measure] of round % 2 === 0 ? sides : sides.reverse()) {
      const value = await measure()
      if (round >= 0) found[side].push(value)
      values.push(`${side} ${value.toFixed(value < 100 ? 1 : 0)}`)
    }
    run.say(
      `  ${name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.rounds}`}: ${values.sort().join(', ')}`,
    )
  }
  return { ours: median(found.ours), reference: median(found.reference) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = low] =
    sorted.length % 2 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1)
  return (low + high) / 2
}

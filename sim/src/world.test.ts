import { expect, test } from 'vitest'
import { planOf } from './planner.ts'
import { happen } from './world.ts'

test('a seed is one history: run again it happens again, event by event', { timeout: 120_000 }, async () => {
  const told = async (seed: number): Promise<string> => {
    const lines: string[] = []
    await happen(planOf(seed), (at, what) => lines.push(`${at} ${what}`))
    return lines.join('\n')
  }
  for (let seed = 1; seed <= 100; seed++) {
    const first = await told(seed)
    const second = await told(seed)
    if (first !== second) {
      const differs = first.split('\n').findIndex((line, i) => line !== second.split('\n')[i])
      expect.fail(`seed ${seed} takes another course at event ${differs}: ${first.split('\n')[differs]}`)
    }
    expect(first.length).toBeGreaterThan(500)
  }
})

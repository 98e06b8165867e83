import fc from 'fast-check'
import { expect, test } from 'vitest'
import { components } from './schedule.ts'

const graph = fc.array(fc.array(fc.nat(14), { maxLength: 4 }), { maxLength: 12 })

test('components come after those they point to, and hold exactly what can reach each other', () => {
  fc.assert(
    fc.property(graph, targets => {
      const nodes = [...targets.keys()]
      const found = components(nodes, node => targets[node] ?? [])
      expect(found.flat().toSorted((a, b) => a - b)).toEqual(nodes)
      const place = new Map(found.flatMap((component, at) => component.map(node => [node, at] as const)))
      for (const from of nodes) {
        for (const to of nodes) {
          const mutual = reaches(targets, from, to) && reaches(targets, to, from)
          expect(place.get(from) === place.get(to)).toBe(mutual)
          if (reaches(targets, from, to)) expect(place.get(to) ?? 0).toBeLessThanOrEqual(place.get(from) ?? 0)
        }
      }
    }),
  )
})

function reaches(targets: readonly (readonly number[])[], from: number, to: number): boolean {
  const seen = new Set([from])
  for (const node of seen) for (const next of targets[node] ?? []) if (next < targets.length) seen.add(next)
  return seen.has(to)
}

test('a long chain does not overflow the stack', () => {
  const nodes = Array.from({ length: 100_000 }, (_, i) => i)
  expect(components(nodes, node => [node + 1])[0]).toEqual([99_999])
})

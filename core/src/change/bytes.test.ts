import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { changeBytes, changeHash } from './bytes.ts'
import { GOLDEN } from './golden.fixture.ts'

describe('a change of format 1 has its golden hash', () => {
  test.each(GOLDEN)('$what', ({ change, bytes, hash }) => {
    expect(new TextDecoder().decode(changeBytes(change))).toBe(bytes)
    expect(createHash('sha256').update(changeBytes(change)).digest('hex')).toBe(hash)
    expect(changeHash(change)).toBe(hash)
  })

  test('whatever order its members were written in', () => {
    for (const { change, hash } of GOLDEN) {
      const reversed = Object.fromEntries(Object.entries(change).reverse()) as typeof change
      expect(changeHash(reversed)).toBe(hash)
    }
  })
})

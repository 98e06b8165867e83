import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorOffset } from './json-error.ts'

describe('where text stops being JSON', () => {
  test.each([
    ['[1, 2', 5],
    ['[1, 2,]', 6],
    ['{"a" 1}', 5],
    ['{"a": 1,}', 8],
    ['[1] x', 4],
    ['nul', 0],
    ['["\n"]', 1],
    ['[01]', 2],
    ['["\\x"]', 1],
    ['', 0],
    ['{a: 1}', 1],
    ['[1 2]', 3],
  ])('%j: %i', (text, offset) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(errorOffset(text)).toBe(offset)
  })

  test('is the end, for JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        expect(errorOffset(text)).toBe(text.length)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffText, type Hunk } from './diff.ts'

function patched(before: string, hunks: readonly Hunk[]): string {
  let text = before
  for (const { at, remove, insert } of hunks.toReversed())
    text = text.slice(0, at) + insert + text.slice(at + remove)
  return text
}

const word = fc.constantFrom('a', 'an', 'ann', 'the', 'cat', ' ', ' ', '\n', '.', '🎬', '🎭', 'é', 'ß', '')
const prose = fc.array(word, { maxLength: 40 }).map(words => words.join(''))

describe('the difference of two texts', () => {
  test.each<[string, string, Hunk[]]>([
    ['same', 'same', []],
    ['', 'new', [{ at: 0, remove: 0, insert: 'new' }]],
    ['old', '', [{ at: 0, remove: 3, insert: '' }]],
    ['the cat sat', 'the dog sat', [{ at: 4, remove: 3, insert: 'dog' }]],
    [
      'one two three',
      'one three four',
      [
        { at: 4, remove: 4, insert: '' },
        { at: 13, remove: 0, insert: ' four' },
      ],
    ],
    ['cats', 'cat', [{ at: 3, remove: 1, insert: '' }]],
    // The two share their first half, which is no character.
    ['🎬', '🎭', [{ at: 0, remove: 2, insert: '🎭' }]],
  ])('%j to %j', (before, after, hunks) => {
    expect(diffText(before, after)).toEqual(hunks)
  })

  test('makes one of the other, apart, in order, and cuts no pair', () => {
    fc.assert(
      fc.property(prose, prose, (before, after) => {
        const hunks = diffText(before, after)
        expect(patched(before, hunks)).toBe(after)
        let end = -1
        for (const { at, remove, insert } of hunks) {
          expect(at).toBeGreaterThan(end)
          end = at + remove
          for (const part of [before.slice(at, end), insert]) expect(part).not.toMatch(/\p{Surrogate}/u)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('of two long texts with nothing in common is the whole, and quick', () => {
    const long = (letter: string) => Array.from({ length: 60_000 }, (_, i) => `${letter}${i}`).join(' ')
    const [before, after] = [`x ${long('a')} y`, `x ${long('b')} y`]
    const hunks = diffText(before, after)
    expect(hunks).toHaveLength(1)
    expect(patched(before, hunks)).toBe(after)
  })
})

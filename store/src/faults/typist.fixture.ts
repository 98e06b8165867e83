import type { Act } from '@zg/core/act/act'
import type { Position } from '@zg/core/ports/position'
import { edit, editor, note, replace } from '@zg/core/ports/text.suite'

/** Two editors who have the same clientID would diverge for ever. */
let clients = 0

/** A text that all callers type into; everybody begins each word where his own last one ended. */
export const OPEN = 'note_open'
export const openText: Act = note('open')

/** The edits of one caller, each of a word of its own: what was acknowledged stands there, and stands there once. */
export interface Typist {
  /** Of mutation `n`; `base`: what its caller has seen, his own edits included. */
  acts(n: number, base: Position | null): readonly Act[]
  /** What he typed into the open text, as updates of Yjs, and into one of his own, as new values. */
  readonly words: { readonly open: readonly string[]; readonly own: readonly string[] }
}

export function createTypist(caller: number): Typist {
  const own = `of${caller}`
  const author = editor(++clients)
  const words = { open: [] as string[], own: [] as string[] }
  return {
    words,
    acts: (n, base) => {
      if (n === 0) return [note(own)]
      const word = `${caller}x${n} `
      if (n % 4 === 1) {
        words.open.push(word)
        return [edit('open', { body: author.type(text => text.insert(text.length, word)) })]
      }
      if (n % 4 !== 3) return []
      words.own.push(word)
      // Against an older text the same value would be typed once more.
      return [edit(own, { body: replace(words.own.join(''), base) })]
    },
  }
}

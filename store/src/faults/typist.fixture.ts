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
  /** What goes along with mutation `n`: he types into the open text, by updates of Yjs. */
  along(n: number): readonly Act[]
  /** Behind it, on its own: a text of his own says more, against what it said at `seen`. */
  alone(n: number, seen: Position): readonly Act[]
  readonly words: { readonly open: readonly string[]; readonly own: readonly string[] }
}

export function createTypist(caller: number): Typist {
  const own = `of${caller}`
  const author = editor(++clients)
  const words = { open: [] as string[], own: [] as string[] }
  return {
    words,
    along: n => {
      if (n === 0) return [note(own)]
      if (n % 4 !== 1) return []
      const word = `${caller}x${n} `
      words.open.push(word)
      return [edit('open', { body: author.type(text => text.insert(text.length, word)) })]
    },
    alone: (n, seen) => {
      if (n % 4 !== 2) return []
      words.own.push(`${caller}x${n} `)
      // Done once more against the same position, it would stand there twice.
      return [edit(own, { body: replace(words.own.join(''), seen) })]
    },
  }
}

import { type Admission, type TextSource, textBytes } from '@zg/core/change/kinds/text'
import { type OpenText, openText } from '@zg/core/change/text'

/** A text as it stands at `seq`, or with `after` what came to it behind that one. */
export interface Placed {
  /** Null: nobody will ask for it again. */
  readonly text: string | null
  readonly after: number | null
  readonly seq: number
  readonly source: TextSource
}

/** Judges updates of a text that lies open, each after those before it. */
export type Judge = (updates: readonly Uint8Array[], plain: boolean) => readonly Admission[]

/**
 * Texts that lie open, so that a long one is not opened again for every letter typed. Whatever is admitted is in the
 * open text at once, but only the log says that it came to be: a text that knows more than the log is put away.
 */
export interface Desk {
  /** Null: the text does not lie open as it stood at `after`; bring it whole. Throws if it cannot be opened. */
  lay(placed: Placed): Judge | null
}

/** So many texts, and so many bytes of what was opened, lie there at most; the last one in any case. */
const LIMIT = { texts: 64, bytes: 4 * 2 ** 20 }

interface Lying {
  readonly open: OpenText
  /** Up to which `seq` it knows the log. */
  seq: number
  bytes: number
  /** What was admitted and has not been seen in the log. */
  readonly awaited: Set<string>
}

export function createDesk(limit = LIMIT): Desk {
  // The one used last stands last.
  const lying = new Map<string, Lying>()

  const put = (text: string, one: Lying): void => {
    lying.set(text, one)
    let [texts, bytes] = [0, 0]
    for (const [name, other] of [...lying].reverse()) {
      texts++
      bytes += other.bytes
      if (texts > 1 && (texts > limit.texts || bytes > limit.bytes)) lying.delete(name)
    }
  }

  return {
    lay: ({ text, after, seq, source }) => {
      const found = text === null ? undefined : lying.get(text)
      if (text !== null) lying.delete(text)
      const one = after === null ? opened(source, seq) : found && caughtUp(found, after, seq, source)
      if (!one) return null
      if (text !== null) put(text, one)
      return (updates, plain) => {
        const admissions = one.open.admit(updates, plain)
        for (const admission of admissions) {
          if (admission.kind === 'refused' && text !== null) lying.delete(text)
          if (admission.kind === 'admitted') one.awaited.add(nameOf(admission.update))
        }
        return admissions
      }
    },
  }
}

function opened(source: TextSource, seq: number): Lying {
  return { open: openText(source), seq, bytes: textBytes(source), awaited: new Set() }
}

function caughtUp(one: Lying, after: number, seq: number, source: TextSource): Lying | null {
  if (one.seq < after) return null
  for (const update of source.updates) one.awaited.delete(nameOf(update))
  if (one.awaited.size > 0) return null
  one.open.add(source.updates)
  one.seq = Math.max(one.seq, seq)
  one.bytes += textBytes(source)
  return one
}

function nameOf(update: Uint8Array): string {
  return Buffer.from(update).toString('latin1')
}

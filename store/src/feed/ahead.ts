import type { LogPiece, Storage } from '@zg/core/ports/storage'

/** Entries read at once. */
export const CHUNK = 1_000

/**
 * Pieces of the log, one behind the other. While one is looked at the next one is here already, and the database works on
 * the one after that: each says where the next one is going to end, so that nothing need be waited for.
 */
export interface Ahead {
  /** The piece behind a position, given once, in order. Null: it was not asked for. */
  take(after: number): Promise<LogPiece> | null
  /** Goes through the JSON of the next one, if it is here: for those who wait for something else. */
  open(): void
}

interface Asked {
  readonly after: number
  readonly piece: Promise<LogPiece>
  answer: LogPiece | null
}

export function readAhead(storage: Pick<Storage, 'entries'>, tenant: string, start: number): Ahead {
  /** In order, two at most. */
  const line: Asked[] = []
  /** The one before them. */
  let taken: Asked | null = null
  let failed = false

  const ask = (after: number): void => {
    const one: Asked = { after, piece: storage.entries(tenant, after, CHUNK), answer: null }
    line.push(one)
    const answered = (piece: LogPiece): void => {
      one.answer = piece
      goOn()
    }
    one.piece.then(answered, () => {
      failed = true
      if (line.includes(one)) line.splice(line.indexOf(one))
    })
  }

  /** Where the next one to ask for begins, if that is known. */
  const end = (): number | null => {
    const before = taken?.answer
    if (!before || failed) return null
    const { seq, following, head } = before
    const [first, second] = line
    const next = first ? (first.answer?.seq ?? following) : seq
    // Of two that are asked for at once the storage must say where the second one begins.
    return !second && next < head && (!first || following > seq) ? next : null
  }

  const goOn = (): void => {
    for (let next = end(); next !== null; next = end()) ask(next)
  }

  ask(start)
  return {
    take: after => {
      const [first] = line
      // One of large entries ends earlier than was said, and then what is here begins elsewhere.
      if (first?.after !== after) return null
      line.shift()
      taken = first
      goOn()
      return first.piece
    },
    open: () => {
      try {
        void line[0]?.answer?.entries
      } catch {
        // Whoever takes it is told.
      }
    },
  }
}

import { randomId } from '@zg/core/change/id'
import { machine } from '@zg/store/host'
import type { Note } from './model.ts'
import { note } from './model.ts'

/** Something that makes a row durable. */
export interface Appender {
  /** Resolves once the row is committed. */
  append(row: Note): Promise<void>
  /** What is stored, to be compared. */
  stored(): Promise<Stored>
}

export interface Stored {
  readonly rows: readonly Note[]
  /** Per log entry in order: its number and what it did. Entries of one caller only keep their order. */
  readonly seqs: readonly number[]
  /** What each entry did to which row, sorted by row. */
  readonly log: readonly { readonly key: string; readonly ops: unknown; readonly last: boolean }[]
}

let made = 0

/** Rows per second by so many callers, each of whom waits for its answer before it writes the next row. */
export async function rate(
  appender: Pick<Appender, 'append'>,
  callers: number,
  seconds: number,
): Promise<number> {
  const begin = performance.now()
  const end = begin + seconds * 1_000
  let answered = 0
  const caller = async () => {
    while (performance.now() < end) {
      await appender.append(nextNote())
      answered++
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return answered / ((performance.now() - begin) / 1_000)
}

/** A row that nobody has written yet. */
export function nextNote(): Note {
  return note(newId(), made++)
}

export function newId(): string {
  return randomId('note', Date.now(), machine.random)
}

import type { MaybePromise } from '@zg/core/ports/scope'
import type { Columns } from '@zg/core/query/columns'
import type { Operation } from '../execute/operation.ts'
import type { Variables } from './collect.ts'
import type { Reads } from './reads.ts'

/** One execution of a plan. */
export interface Run {
  readonly operation: Operation
  readonly variables: Variables
}

/** Some rows, and what has been read below them. Positions that no answer shows have nothing read below them. */
export interface Level {
  readonly columns: Columns
  /** Positions in the columns. */
  readonly rows: readonly number[]
  readonly done: Map<Reads, unknown>
}

export function levelOf(columns: Columns, rows: readonly number[] = columns.ids.map((_, i) => i)): Level {
  return { columns, rows, done: new Map() }
}

/** What `read` gives, or gave before, for whoever else shares the read. */
export function once<T>({ done }: Pick<Level, 'done'>, reads: Reads, read: () => T): T {
  const known = done.get(reads)
  if (known !== undefined) return known as T
  const made = read()
  done.set(reads, made)
  return made
}

/** The JSON text of a position. */
export type Write = (at: number) => string

/** Reads whatever is below, for all rows at once, and says how each is written. */
export type Prepare<T> = (run: Run, below: T) => MaybePromise<Write>

/** How the members of an object are written, together. */
export function objectOf(members: readonly Write[]): Write {
  const [a, b, c, ...more] = members
  if (!a) return () => '{}'
  if (!b) return at => `{${a(at)}}`
  if (!c) return at => `{${a(at)},${b(at)}}`
  if (!more.length) return at => `{${a(at)},${b(at)},${c(at)}}`
  return at => {
    let text = `{${a(at)},${b(at)},${c(at)}`
    for (const member of more) text += `,${member(at)}`
    return `${text}}`
  }
}

export function constant(text: string): Prepare<unknown> {
  return () => () => text
}

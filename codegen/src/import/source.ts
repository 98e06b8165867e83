import type { Json } from '@zg/core/json'
import { ProblemError, problem } from '@zg/core/problem'
import type { SourceRef } from './mapping.ts'

/** A list of rows that can be read from its start any number of times. */
export interface Source {
  readonly name: string
  readonly spelling: string
  /** How many rows there are. */
  readonly rows: number
  /** All that some row has. */
  readonly columns: readonly string[]
  /** Every value is text, and an empty one is missing: CSV. */
  readonly textual: boolean
  read(): AsyncIterable<SourceRow> | Iterable<SourceRow>
}

export interface SourceRow {
  /** From 1, a CSV header not counted. */
  readonly row: number
  /** The line it ends at, where the format has lines. */
  readonly line: number | null
  /** Null where the row has no such column. */
  value(column: string): Json
}

/** Throws the problem of a file that is not what it should be. */
export function malformed(ref: SourceRef, line: number | null, message: string): never {
  const where = line === null ? ref.spelling : `${ref.spelling}, line ${line}`
  throw new ProblemError([problem('SOURCE_MALFORMED', ['sources', ref.name], `${where}: ${message}`)])
}

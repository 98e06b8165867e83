import type { Line } from '../line.ts'
import type { Run } from '../run.ts'

/** One figure of the store, or a few that are measured together. */
export interface Case {
  readonly name: string
  measure(run: Run, server: Server): AsyncIterable<Line>
}

/** One Postgres with fsync for all cases. */
export interface Server {
  /** The URL of a new database. */
  fresh(name: string): Promise<string>
}

import type { Json } from '@zg/core/json'
import { ProblemError, problem } from '@zg/core/problem'
import { type Database, sqlState } from '@zg/store/session'

export type Rows = readonly { readonly [column: string]: Json }[]

/** Runs one statement in a transaction that cannot write. Throws `BAD_SQL` with the words of the database. */
export async function querySql(database: Database, text: string): Promise<Rows> {
  const statement = text.replace(/[\s;]+$/, '')
  // A second statement could follow a COMMIT, out of the transaction that cannot write. Telling apart the semicolons
  // inside text and comments would take Postgres' own lexer, so none is let through.
  if (statement.includes(';')) throw new ProblemError([SEVERAL])
  try {
    return await database.transaction('snapshot', session => session.query(statement))
  } catch (error) {
    throw sqlState(error) && error instanceof Error ? refused(error, text) : error
  }
}

const SEVERAL = problem(
  'BAD_SQL',
  [],
  'zg sql runs one statement at a time. Inside text, write a semicolon as chr(59).',
)

function refused(error: Error, text: string): ProblemError {
  const position = 'position' in error ? Number(error.position) : Number.NaN
  const near = Number.isInteger(position) ? ` near "${text.slice(position - 1, position + 19)}"` : ''
  const remedy =
    sqlState(error) === '25006'
      ? 'zg sql only reads: change data through GraphQL or zg import, so that every replica learns of it.'
      : 'Tables and columns are listed by "zg inspect".'
  return new ProblemError([problem('BAD_SQL', [], `${error.message}${near}. ${remedy}`)])
}

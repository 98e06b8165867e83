import { NOTHING_WRITTEN, OutcomeUnknown, Overloaded, Unavailable } from '../outage.ts'
import { type Session, type SqlRow, type SqlValue, sqlState } from '../session.ts'
import type { Connection } from './connection.ts'

export interface TransactionOptions {
  /** What comes behind `begin isolation level`. */
  readonly isolation: 'read committed' | 'repeatable read read only'
  readonly isPrepared: (text: string) => boolean
}

/**
 * One transaction. What fails before COMMIT was sent has left no trace, whatever it was: the server rolls back for
 * whoever is gone. Behind that only the server's own refusal is certain.
 */
export async function transact<T>(
  connection: Connection,
  { isolation, isPrepared }: TransactionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const own = sessionOn(connection, isPrepared)
  let failed: unknown
  const watched: Session = {
    query: (text, values) =>
      own.query<never>(text, values).catch((error: unknown) => {
        failed ??= error
        throw error
      }),
  }
  await connection.query(`begin isolation level ${isolation}`, [], true)
  let value: T
  try {
    value = await work(watched)
    if (failed) throw failed
  } catch (error) {
    // A connection that cannot roll back is lost, and with it the transaction.
    if (!connection.lost) await connection.query('rollback', [], true).catch(connection.lose)
    throw error
  }
  const ended = connection.query('commit', [], true)
  if (isolation.endsWith('read only')) await ended.catch(connection.lose)
  else await committed(ended)
  return value
}

async function committed(asked: ReturnType<Connection['query']>): Promise<void> {
  const { command } = await asked.catch((error: unknown) => {
    throw error instanceof Unavailable ? new OutcomeUnknown(error.cause) : error
  })
  if (command !== 'COMMIT')
    throw new Error(`A transaction ended with ${command}: a statement of it had failed unheard`)
}

/** Statements of a connection, each on its own unless somebody begins. */
export function sessionOn(connection: Connection, isPrepared: (text: string) => boolean): Session {
  return {
    query: async <R extends SqlRow>(text: string, values: readonly SqlValue[] = []) =>
      (await connection.query<R>(text, values, isPrepared(text))).rows,
  }
}

/**
 * What a transaction of writes that failed before COMMIT says to callers. What the server gave up because it took longer
 * than `limit` (ms), mostly waiting for a lock, may be asked again.
 */
export function unwritten(limit: number): (error: unknown) => never {
  return error => {
    if (error instanceof Unavailable) throw new Unavailable(error.cause, NOTHING_WRITTEN)
    if (sqlState(error) !== '57014') throw error
    throw new Overloaded(`The database needed more than ${limit} ms for one statement.`, NOTHING_WRITTEN)
  }
}

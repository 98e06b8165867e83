import { NOTHING_WRITTEN, OutcomeUnknown, Overloaded, Unavailable } from '../outage.ts'
import { type Session, type SqlRow, type SqlValue, sqlState, watched } from '../session.ts'
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
  const begin = `begin isolation level ${isolation}`
  const own = sessionOn(connection, text => text === begin || isPrepared(text))
  const { session, failure, isQuiet, answered } = watched({
    query: (text, values) => {
      // Behind a BEGIN that failed each statement would commit itself.
      const failed = failure()
      return failed ? Promise.reject(failed.error) : own.query<never>(text, values)
    },
  })
  // Not waited for: whoever waits for the first statement has waited for this, too.
  void session.query(begin)
  let value: T
  try {
    value = await work(session)
    const failed = failure()
    if (failed) throw failed.error
  } catch (error) {
    // A connection that cannot roll back is lost, and with it the transaction.
    if (!connection.lost) await connection.query('rollback', [], true).catch(connection.lose)
    // Statements sent behind one that failed only say that it has.
    throw failure()?.error ?? error
  }
  // Sent behind statements that are still under way: if one of them fails, this rolls back.
  const ended = connection.query('commit', [], true)
  if (isolation.endsWith('read only')) {
    const over = ended.catch(connection.lose)
    // Whoever is next may stand behind it at once; not behind statements that nobody waits for any more.
    if (!isQuiet()) await over
  } else await committed(ended, answered)
  return value
}

async function committed(
  asked: ReturnType<Connection['query']>,
  answered: () => Promise<void>,
): Promise<void> {
  const [ended, statements] = await Promise.allSettled([asked, answered()])
  if (statements.status === 'rejected' && !(statements.reason instanceof Unavailable)) throw statements.reason
  if (ended.status === 'rejected') {
    throw ended.reason instanceof Unavailable ? new OutcomeUnknown(ended.reason.cause) : ended.reason
  }
  const { command } = ended.value
  if (command !== 'COMMIT')
    throw new Error(`A transaction ended with ${command}: a statement of it had failed unheard`)
}

/** One statement that commits itself. Nobody can tell what came of it if the connection is lost while it is under way. */
export async function commit<R extends SqlRow>(
  connection: Connection,
  text: string,
  values: readonly SqlValue[],
): Promise<readonly R[]> {
  // What cannot even connect has written nothing.
  await connection.opened()
  if (connection.lost) throw connection.lost
  try {
    return (await connection.query<R>(text, values, true)).rows
  } catch (error) {
    throw error instanceof Unavailable ? new OutcomeUnknown(error.cause) : error
  }
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

import type { Json } from '@zg/core/json'
import type { Blame } from '@zg/core/ports/storage'

/**
 * One row of an answer: int8 and time stamps as Postgres prints them, json parsed, arrays as lists. Nulls within
 * arrays must not be asked for: one driver gives null, the other 'NULL'.
 */
export type SqlRow = { readonly [column: string]: Json }

/** Texts, numbers, booleans, null and lists of texts. JSON goes as text (`$1::text::jsonb`), see TRAPS of drivers. */
export type SqlValue = string | number | boolean | null | readonly (string | null)[]

/** SQL for the database's own clock: ms since 1970, as a number. */
export const CLOCK = 'extract(epoch from clock_timestamp())::float8 * 1000'

/** Where statements run: in a transaction, or each on its own. */
export interface Session {
  /** One statement. The caller says what its rows look like; nothing checks that. */
  query<R extends SqlRow = SqlRow>(text: string, values?: readonly SqlValue[]): Promise<readonly R[]>
}

/**
 * `write`: READ COMMITTED, so that what is read after a lock is what the lock's last holder committed.
 * `snapshot`: REPEATABLE READ, READ ONLY, and over after `snapshotLimit`. `migration`: as `write`, but its statements
 * may take as long as they need.
 */
export type TransactionMode = 'write' | 'snapshot' | 'migration'

/** Statements that commit themselves, each sent without waiting for those before it; they are done in the order sent. */
export interface Line {
  /** Throws as `Database.transaction` does. */
  commit<R extends SqlRow>(text: string, values: readonly SqlValue[]): Promise<readonly R[]>
}

/** Postgres by URL or PGlite in this process; the rest of the store does not ask which. */
export interface Database extends Session {
  readonly kind: 'postgres' | 'pglite'
  /**
   * Commits when `work` resolves, rolls back when it throws. Its session must not be used afterwards. Nobody need wait
   * for a statement: it commits only if all that were sent succeed, and rejects with the first failure. Throws
   * `Unavailable` or `Overloaded` when nothing was written, `OutcomeUnknown` when COMMIT got no answer.
   */
  transaction<T>(mode: TransactionMode, work: (session: Session) => Promise<T>): Promise<T>
  line(): Line
  /**
   * As a `snapshot`, for short work that can be done again: those who wait at the same time may get one for all of
   * them. Throws `Crowded` where that failed for anybody. `single`: the work asks one statement.
   */
  share<T>(work: (session: Session) => Promise<T>, options: { readonly single: boolean }): Promise<T>
  /** One read by itself, which sees one state without a transaction; over after `snapshotLimit`, like a snapshot. */
  readonly read: Session['query']
  /** Calls back for each payload until the returned function is called; survives a lost connection. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>
  /** Never inside a write transaction: that would serialise all writers at their commit. */
  notify(channel: string, payload: string): Promise<void>
  /** Waits for what is running. */
  close(): Promise<void>
}

/** A read took longer than a snapshot may be held open. */
export class SnapshotExpired extends Error {
  constructor(limit: number) {
    super(`The reads of one operation took longer than ${limit} ms; ask for less at once`)
    this.name = 'SnapshotExpired'
  }
}

/**
 * Runs `work` with a session that answers no more once `limit` ms have passed or `work` is done. Rejects with
 * SnapshotExpired at the limit; a statement still running then is left to the database's own time limit.
 */
export async function withinLimit<T>(
  session: Session,
  limit: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let over = false
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      over = true
      reject(new SnapshotExpired(limit))
    }, limit)
  })
  const limited: Session = {
    query: (text, values) =>
      over ? Promise.reject(new SnapshotExpired(limit)) : session.query(text, values),
  }
  try {
    return await Promise.race([work(limited), expired])
  } finally {
    over = true
    clearTimeout(timer)
  }
}

/** A session whose statements are remembered until they are answered. */
export interface Watched {
  readonly session: Session
  /** Of the first statement that failed: the others only fail because it has. Undefined: none has so far. */
  failure(): { readonly error: unknown } | undefined
  /** Whether all are answered. */
  isQuiet(): boolean
  /** Resolves when all are answered; rejects with the first failure. */
  answered(): Promise<void>
}

export function watched(session: Session): Watched {
  const open = new Set<Promise<unknown>>()
  let failure: { readonly error: unknown } | undefined
  return {
    session: {
      query: (text, values) => {
        const answer = session.query<never>(text, values)
        open.add(answer)
        const done = () => open.delete(answer)
        answer.then(done, error => {
          failure ??= { error }
          done()
        })
        return answer
      },
    },
    failure: () => failure,
    isQuiet: () => open.size === 0,
    answered: async () => {
      while (open.size) await Promise.allSettled(open)
      if (failure) throw failure.error
    },
  }
}

/**
 * Whether the database itself refused a statement, so that its transaction has certainly been rolled back. Not so
 * when a connection broke (08) or the server went down (57P): a COMMIT may or may not have got through.
 */
export function isRefusal(error: unknown): boolean {
  const code = sqlState(error)
  return code !== undefined && !code.startsWith('08') && !code.startsWith('57P')
}

/** By the class of its SQLSTATE. */
export function blameOf(error: unknown): Blame {
  const code = sqlState(error) ?? ''
  if (code.startsWith('40') || code === '55P03') return 'contention'
  return ['25', '53', '58'].includes(code.slice(0, 2)) ? 'server' : 'mutation'
}

/** The five-character SQLSTATE of an error that came from Postgres; drivers put their own codes there, too. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error))
    return undefined
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}

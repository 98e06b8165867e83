import { Crowded } from '@zg/core/ports/reader'
import { Overloaded, Unavailable } from '../outage.ts'
import { type Database, type Session, withinLimit } from '../session.ts'
import type { Connection } from './connection.ts'
import type { Pool } from './pool.ts'
import { sessionOn, type TransactionOptions, transact } from './transaction.ts'

export interface SharingOptions {
  readonly pool: Pool
  /** What a snapshot is. */
  readonly transaction: TransactionOptions
  /** ms, of each reader. */
  readonly limit: number
  /** ms that somebody may wait to be read for; then `Overloaded`. */
  readonly patience: number
}

/**
 * So many snapshots are shared at a time: as many as keep one process of Node busy. The pool's other connections are for
 * what takes longer.
 */
const AT_ONCE = 4
/** Readers of one snapshot. */
const MOST = 8
/** ms that a statement may take where others stand behind it. */
const SHORT = 500

interface Reader {
  readonly single: boolean
  run(session: Session): Promise<void>
  fail(error: unknown): void
}

/**
 * Snapshots for short reads. Whoever finds a connection has a snapshot of their own. Those who must wait wait for the
 * same one, and their statements travel together: waking a server's process costs it and us more than most statements.
 * Nobody reads older than they asked: who comes when it has begun waits for the next.
 */
export function createSharing({ pool, transaction, limit, patience }: SharingOptions): Database['share'] {
  const waiting: Reader[] = []
  let begun = 0

  const readOn = (connection: Connection, group: readonly Reader[]): Promise<void> => {
    const [first, ...others] = group
    if (others.length) return readTogether(connection, transaction, group)
    if (first?.single) return first.run(sessionOn(connection, transaction.isPrepared))
    return first ? transact(connection, transaction, first.run) : Promise.resolve()
  }
  const next = async (): Promise<void> => {
    let group: readonly Reader[] | undefined
    const take = (connection: Connection) => {
      group = waiting.splice(0, MOST)
      return readOn(connection, group)
    }
    try {
      await pool.use(take)
    } catch (error) {
      // Readers hear of their own errors first; this is for those whose snapshot never began.
      for (const { fail } of group ?? waiting.splice(0, MOST)) fail(error)
    }
  }
  const begin = (): void => {
    if (begun === AT_ONCE || waiting.length === 0) return
    begun++
    void next().then(() => {
      begun--
      begin()
    })
  }
  return (work, { single }) =>
    new Promise((resolve, reject) => {
      const tired = () => {
        waiting.splice(waiting.indexOf(reader), 1)
        reject(new Overloaded(`No connection to the database was free for ${patience} ms.`))
      }
      const timer = setTimeout(tired, patience)
      const reader: Reader = {
        single,
        run: session => {
          clearTimeout(timer)
          return withinLimit(session, limit, work).then(resolve, reject)
        },
        fail: error => {
          clearTimeout(timer)
          reject(error)
        },
      }
      waiting.push(reader)
      begin()
    })
}

async function readTogether(
  connection: Connection,
  options: TransactionOptions,
  group: readonly Reader[],
): Promise<void> {
  let first: unknown
  await transact(connection, options, async session => {
    const shared: Session = {
      query: async (text, values) => {
        try {
          return await session.query<never>(text, values)
        } catch (error) {
          if (error instanceof Unavailable) throw error
          // The transaction is over for everybody.
          const own = first === undefined
          first ??= error
          throw new Crowded(own, error)
        }
      },
    }
    void session.query(`set local statement_timeout = ${SHORT}`)
    await Promise.all(group.map(({ run }) => run(shared)))
  })
}

import { type Session, withinLimit } from './session.ts'
import { createTurns, type Turns } from './turns.ts'

export interface SharedOptions {
  readonly turns: Turns
  readonly session: Session
  /** Runs statements that answer nothing. */
  readonly exec: (text: string) => Promise<unknown>
  /** ms, of each reader. */
  readonly limit: number
}

interface Reading {
  run(session: Session): Promise<void>
  fail(error: unknown): void
}

/**
 * Snapshots on one connection. Readers that wait for their turn wait for the same one: all see one state of the
 * database, and writers stand behind one transaction instead of many. Nobody reads older than they asked: who
 * comes when it has begun waits for the next.
 */
export function createSharedSnapshots(
  options: SharedOptions,
): <T>(work: (session: Session) => Promise<T>) => Promise<T> {
  let waiting: Reading[] | undefined
  const queue = (reading: Reading): void => {
    if (waiting) {
      waiting.push(reading)
      return
    }
    const group = [reading]
    waiting = group
    const begun = options.turns.take(() => {
      waiting = undefined
      return readTogether(options, group)
    })
    // Each reader hears of its own errors; this one is about the transaction itself, and everybody's.
    begun.catch(error => {
      for (const { fail } of group) fail(error)
    })
  }
  return work =>
    new Promise((resolve, reject) => {
      queue({
        run: session => withinLimit(session, options.limit, work).then(resolve, reject),
        fail: reject,
      })
    })
}

async function readTogether({ session, exec }: SharedOptions, group: readonly Reading[]): Promise<void> {
  const statements = createTurns()
  let over = false
  await exec('begin isolation level repeatable read read only; savepoint whole')
  const shared: Session = {
    query: (text, values) =>
      statements.take(async () => {
        if (over) throw new Error('The snapshot is over')
        try {
          return await session.query(text, values)
        } catch (error) {
          // Nothing was written, so this takes nothing back but the failure: the others read on.
          await exec('rollback to savepoint whole')
          throw error
        }
      }),
  }
  await Promise.all(group.map(reading => reading.run(shared)))
  // Behind what a reader whose time is up may have left: no statement may slip into the next turn's transaction.
  await statements.take(async () => {
    over = true
    await exec('rollback')
  })
}

import { Overloaded, Unavailable } from '../outage.ts'
import type { Connection } from './connection.ts'

/** Some connections, lent one at a time. */
export interface Pool {
  /**
   * Runs `work` with a connection that nobody else has meanwhile. Rejects with `Overloaded` if none is free for
   * `patience`, with `Unavailable` once closed.
   */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** Takes no more work, waits for what is running, ends all connections. */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly max: number
  /** ms */
  readonly patience: number
  readonly open: () => Connection
}

/** A connection this old (ms) is not lent again: what a server keeps for a session grows, and servers come and go. */
const LIFETIME = 45 * 60_000

interface Member {
  readonly connection: Connection
  readonly since: number
}

export function createPool({ max, patience, open }: PoolOptions): Pool {
  /** The one used last is lent first, so that a quiet pool's others can grow old. */
  const idle: Member[] = []
  const waiting: (() => void)[] = []
  const busy = new Set<Promise<unknown>>()
  let lent = 0
  let closed = false

  const take = (): Member => {
    for (let member = idle.pop(); member; member = idle.pop()) {
      if (!member.connection.lost) return member
    }
    return { connection: open(), since: Date.now() }
  }
  const give = (member: Member): void => {
    if (!member.connection.lost) {
      if (closed || Date.now() - member.since > LIFETIME) void member.connection.end()
      else idle.push(member)
    }
    // The place goes to whoever has waited longest; a newcomer cannot slip in between.
    const next = waiting.shift()
    if (next) next()
    else lent--
  }
  const turn = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const mine = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(mine), 1)
        reject(new Overloaded(`No connection to the database was free for ${patience} ms.`))
      }, patience)
      waiting.push(mine)
    })

  const run = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    if (closed) throw new Unavailable(new Error('The database was closed'))
    if (lent < max) lent++
    else await turn()
    const member = take()
    try {
      return await work(member.connection)
    } finally {
      // The others have the same server behind them: those that lie idle may be as dead, and nobody would know.
      if (member.connection.lost)
        for (const { connection } of idle.splice(0)) connection.lose(member.connection.lost)
      give(member)
    }
  }

  return {
    use: work => {
      const running = run(work)
      busy.add(running)
      const done = (): void => void busy.delete(running)
      running.then(done, done)
      return running
    },
    close: async () => {
      closed = true
      await Promise.allSettled(busy)
      await Promise.all(idle.splice(0).map(({ connection }) => connection.end()))
    },
  }
}

import type { Batch, MemoryStorage, Storage } from '@zg/core'
import { StatementRefused } from '@zg/core'
import type { Life } from './life.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** How long (ms) the database takes at most to notice that a session's process is gone, and to free its locks. */
const NOTICE = 200

/**
 * One database, seen by several gateways: the real storage in memory behind connections on which everything takes time
 * and anything may fail.
 */
export interface Database {
  /** As one run of a gateway sees it. */
  open(life: Life, chance: Random, judge: Judge): Connection
  /** Crashes and comes back: what was not committed is undone, every connection breaks. */
  restart(): void
}

export interface Connection {
  readonly storage: Storage
  /** Reads the tables: at one moment, but it takes time to ask and to be told. */
  ask<T>(read: () => T): Promise<T>
}

/** What becomes of a step. `refuse`: the statement fails and is rolled back. `lose`: the connection breaks. */
export type Fate = 'pass' | 'refuse' | 'lose'
/** Asked at each step of a gateway's work with the database; may also end the gateway. */
export type Judge = (what: Step) => Fate
/** `commit`: is about to be done; `answer`: was done, and the gateway does not know it yet. */
type Step = 'begin' | 'load' | 'save' | 'commit' | 'answer' | 'ask' | 'told'

export function createDatabase(scheduler: Scheduler, memory: MemoryStorage): Database {
  let restarted = 0
  const broken = new Set<() => void>()

  const open = (life: Life, chance: Random, judge: Judge): Connection => {
    const slow = chance.chance(0.15) ? 20 : 2
    // Long logs come in pieces; here short ones do.
    const piece = chance.chance(0.4) ? 1 + chance.below(4) : Number.POSITIVE_INFINITY
    const pace = (): number => (chance.chance(0.02) ? chance.between(20, 120) : chance.between(0.05, slow))

    /** Resolves when the step has come to pass; never, for a gateway that has ended. */
    const step = (what: Step): Promise<void> =>
      new Promise((resolve, reject) => {
        const since = restarted
        life.after(pace(), `db ${what}`, () => {
          const fate = judge(what)
          // The judge may have ended the gateway here and now.
          if (life.over) return
          if (since !== restarted || fate === 'lose' || (fate === 'refuse' && what === 'answer'))
            reject(new Error(`Connection lost at ${what}`))
          else if (fate === 'refuse') reject(new StatementRefused(new Error(`Refused at ${what}`)))
          else resolve()
        })
      })

    const whileAlive = <T>(work: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        work.then(
          value => !life.over && resolve(value),
          error => !life.over && reject(error),
        )
      })

    /** Rejects when the session is gone, which may be while its gateway waits for nothing. */
    const session = () => {
      let end = (): void => {}
      const gone = new Promise<never>((_, reject) => {
        end = () => reject(new Error('Session gone'))
      })
      gone.catch(() => {})
      broken.add(end)
      life.onEnd(() => void scheduler.after(chance.between(0, NOTICE), 'db session gone', end))
      return { gone, close: () => void broken.delete(end) }
    }

    const asked = async <T>(ask: () => T | Promise<T>): Promise<T> => {
      await step('ask')
      const answer = await ask()
      await step('told')
      return answer
    }

    const storage: Storage = {
      ...memory,
      batch: async (tenants, options, work) => {
        await step('begin')
        const { gone, close } = session()
        const transaction = async (batch: Batch) => {
          const result = await work({
            heads: batch.heads,
            now: batch.now,
            load: async (tenant, needs) => {
              await step('load')
              return batch.load(tenant, needs)
            },
            textAuthors: (tenant, asked) => batch.textAuthors(tenant, asked),
            save: async (tenant, writes) => {
              await step('save')
              await batch.save(tenant, writes)
            },
          })
          await step('commit')
          return result
        }
        try {
          const result = await whileAlive(
            memory.batch(tenants, options, batch => Promise.race([transaction(batch), gone])),
          )
          await step('answer')
          return result
        } finally {
          close()
        }
      },
      heads: names => asked(() => memory.heads(names)),
      texts: (name, requests) => asked(() => memory.texts(name, requests)),
      unfolded: () => asked(() => memory.unfolded()),
      entries: (name, after, limit) => asked(() => memory.entries(name, after, Math.min(limit, piece))),
      view: (name, work) => asked(() => memory.view(name, work)),
    }
    return { storage, ask: asked }
  }

  return {
    open,
    restart: () => {
      restarted++
      for (const end of broken) end()
    },
  }
}

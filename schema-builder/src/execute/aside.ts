import type { Snapshot } from '@zg/core/ports/reader'
import type { MaybePromise } from '@zg/core/ports/scope'
import { chain, isPromise } from './maybe.ts'
import type { Host } from './services.ts'

/** Keeps what others do apart from an operation's reads: a snapshot is for reads, and may not wait for the world. */
export interface Aside {
  /** The same snapshot, whose reads are counted until they have answered. */
  watched(snapshot: Snapshot): Snapshot
  /** Does the work once no read is under way and the snapshot is closed; reads that follow open another. */
  run<T>(work: () => MaybePromise<T>): MaybePromise<T>
}

/**
 * `rest` closes the present snapshot. Whether reads follow those that have answered shows in the same turn: resolvers
 * ask, and batches are sent, before a timer fires. Over ports that answer at once nothing is ever under way.
 */
export function createAside(host: Pick<Host, 'setTimer'>, rest: () => MaybePromise<void>): Aside {
  let reads = 0
  let later = false
  /** Works that wait or have begun: while there are any, no snapshot stays open behind its last read. */
  let works = 0
  let looking = false
  let waiting: { readonly begin: () => void; readonly fail: (error: unknown) => void }[] = []

  const look = (): void => {
    if (reads > 0 || works === 0 || looking) return
    looking = true
    host.setTimer(0, () => {
      looking = false
      // The end of what has begun meanwhile looks again.
      if (reads > 0) return
      const due = waiting
      waiting = []
      new Promise<void>(done => done(rest())).then(
        () => {
          for (const { begin } of due) begin()
        },
        error => {
          for (const { fail } of due) fail(error)
        },
      )
    })
  }

  const counted = <T>(read: () => MaybePromise<T>): MaybePromise<T> => {
    const answer = read()
    if (!isPromise(answer)) return answer
    later = true
    reads++
    return answer.finally(() => {
      reads--
      look()
    })
  }

  return {
    watched: snapshot => ({
      position: () => counted(() => snapshot.position()),
      pages: query => counted(() => snapshot.pages(query)),
      rows: (entity, fields, ids) => counted(() => snapshot.rows(entity, fields, ids)),
      lists: query => counted(() => snapshot.lists(query)),
      found: (entity, fields, ids) => counted(() => snapshot.found(entity, fields, ids)),
      aggregates: query => counted(() => snapshot.aggregates(query)),
      close: () => snapshot.close(),
    }),
    run: work => {
      if (!later) return chain(rest(), work)
      works++
      const begun = new Promise<void>((begin, fail) => {
        waiting.push({ begin, fail })
        look()
      })
      return begun.then(work).finally(() => {
        works--
      })
    },
  }
}

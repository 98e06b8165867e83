import type { Storage } from '@zg/core/ports/storage'
import { isPassing } from '@zg/core/problem'
import { Unavailable } from './outage.ts'
import { SnapshotExpired } from './session.ts'
import type { Host } from './writer/host.ts'

/** ms */
const PAUSE = 200
/** Reads that take too long as often as that, a minute or so, are too large to be answered at all. */
const EXPIRIES = 12

/**
 * The storage as followers see it: reads of what is in the log wait until the database is back, so that an outage only
 * delays streams instead of ending all of them at once. Whoever asks for something new is told of it as ever, and so is who
 * asks for more than the database can read in the time of a snapshot, in the end.
 * Closing ends the waiting, with `Unavailable`.
 */
export function patientStorage(storage: Storage, host: Pick<Host, 'sleep'>): Storage {
  const end = new AbortController()
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let expired = 0; ; ) {
      try {
        return await ask()
      } catch (error) {
        if (error instanceof SnapshotExpired) expired++
        else if (!isPassing(error)) throw error
        if (expired === EXPIRIES) throw error
        if (!end.signal.aborted) await host.sleep(PAUSE, end.signal)
        if (end.signal.aborted) throw new Unavailable(error)
      }
    }
  }
  return {
    ...storage,
    entries: (...asked) => patiently(() => storage.entries(...asked)),
    texts: (...asked) => patiently(() => storage.texts(...asked)),
    images: (...asked) => patiently(() => storage.images(...asked)),
    view: (...asked) => patiently(() => storage.view(...asked)),
    close: async () => {
      end.abort()
      await storage.close()
    },
  }
}

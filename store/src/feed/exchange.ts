import type { Catalog } from '@zg/core/ir/catalog'
import type { LogChunk } from '@zg/core/ports/storage'
import type { Host } from '../writer/host.ts'
import { createInterests, type Interest } from './interest.ts'
import type { Tail } from './tail.ts'

/** Followers who stand at the end of the log together: a commit reaches those it may concern, found by an index. */
export interface Exchange {
  /**
   * What comes after a position, as soon as it may concern the follower. `chunk: null` is progress: nothing up to `at`
   * does. Null once the signal aborts or the tail is closed.
   */
  next(tenant: string, after: number, interest: Interest, signal: AbortSignal): Promise<News | null>
}

export interface News {
  readonly chunk: LogChunk | null
  readonly at: number
}

/** At most so many followers are told each millisecond that nothing concerns them, the longest (ms) that they wait for it. */
const PACE = 10
const LONGEST = 1_000

export function createExchange({
  catalog,
  tail,
  host,
}: {
  readonly catalog: Catalog
  readonly tail: Tail
  readonly host: Pick<Host, 'sleep'>
}): Exchange {
  const rooms = new Map<string, Room>()
  const alone = async (tenant: string, after: number, signal: AbortSignal): Promise<News | null> => {
    const chunk = await tail.next(tenant, after, signal)
    return chunk && { chunk, at: chunk.seq }
  }
  return {
    next: async (tenant, after, interest, signal) => {
      if (signal.aborted || tail.closed) return null
      const known = rooms.get(tenant)
      // Who lags reads the chunks that the others have passed; they are shared, too.
      if (known && known.at > after) return alone(tenant, after, signal)
      const room = known ?? createRoom(catalog, tail, host, tenant, after, () => rooms.delete(tenant))
      rooms.set(tenant, room)
      const news = await room.wait(after, interest, signal)
      return news === 'passed' ? alone(tenant, after, signal) : news
    },
  }
}

interface Room {
  /** The end of what was handed out here. */
  readonly at: number
  /** `passed`: a chunk has come that begins before `after` and ends behind it. */
  wait(after: number, interest: Interest, signal: AbortSignal): Promise<News | 'passed' | null>
}

interface Waiter {
  readonly after: number
  readonly interest: Interest
  resolve(news: News | 'passed' | null): void
  reject(error: unknown): void
}

/** Goes on as long as somebody waits in it. */
function createRoom(
  catalog: Catalog,
  tail: Tail,
  host: Pick<Host, 'sleep'>,
  tenant: string,
  start: number,
  onEmpty: () => void,
): Room {
  const interests = createInterests<Waiter>()
  const waiting = new Set<Waiter>()
  const end = new AbortController()
  let at = start
  let pacing = false

  const leave = (waiter: Waiter): void => {
    if (!waiting.delete(waiter)) return
    interests.remove(waiter, waiter.interest)
    if (waiting.size > 0 || end.signal.aborted) return
    // With a reason: making one up, with where it was made, takes longer than all the rest.
    end.abort('Nobody waits any more')
    onEmpty()
  }
  const settle = (waiter: Waiter, news: News | 'passed' | null): void => {
    leave(waiter)
    waiter.resolve(news)
  }
  /** Those whom nothing concerned, at their pace: many of them must not make every commit dear. */
  const progress = async (): Promise<void> => {
    if (pacing) return
    pacing = true
    const delay = Math.min(LONGEST, Math.floor(waiting.size / PACE))
    if (delay > 0) await host.sleep(delay, end.signal)
    pacing = false
    for (const waiter of [...waiting]) if (waiter.after < at) settle(waiter, { chunk: null, at })
  }
  const hand = (chunk: LogChunk): void => {
    const from = at
    at = chunk.seq
    for (const waiter of interests.concerned(catalog, chunk)) {
      if (waiter.after >= chunk.seq) continue
      settle(waiter, waiter.after > from ? 'passed' : { chunk, at })
    }
    if (waiting.size > 0) void progress()
  }
  const run = async (): Promise<void> => {
    try {
      while (!end.signal.aborted) {
        const chunk = await tail.next(tenant, at, end.signal)
        if (!chunk) break
        hand(chunk)
      }
      for (const waiter of [...waiting]) settle(waiter, null)
    } catch (error) {
      for (const waiter of [...waiting]) {
        leave(waiter)
        waiter.reject(error)
      }
    }
  }

  let running = false
  return {
    get at() {
      return at
    },
    wait: (after, interest, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => settle(waiter, null)
        const done = <T>(then: (value: T) => void) => {
          return (value: T): void => {
            signal.removeEventListener('abort', abort)
            then(value)
          }
        }
        const waiter: Waiter = { after, interest, resolve: done(resolve), reject: done(reject) }
        waiting.add(waiter)
        interests.add(waiter, interest)
        signal.addEventListener('abort', abort)
        if (!running) void run()
        running = true
      }),
  }
}

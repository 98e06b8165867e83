import type { Catalog } from '@zg/core/ir/catalog'
import type { Feed } from '@zg/core/ports/feed'
import type { LogChunk, Storage } from '@zg/core/ports/storage'
import { isPassing } from '@zg/core/problem'
import type { Texts } from '../text/texts.ts'
import type { Host } from '../writer/host.ts'
import { createExchange } from './exchange.ts'
import { following } from './follow.ts'
import { touched } from './images.ts'
import { replicating } from './replicate.ts'
import { startsOfLog } from './start.ts'
import type { Tail } from './tail.ts'
import type { FeedLimits, WalkOptions } from './walk.ts'

export interface FeedOptions {
  readonly catalog: Catalog
  readonly tail: Tail
  readonly host: Pick<Host, 'sleep'>
  readonly storage: Pick<Storage, 'log' | 'texts' | 'images' | 'view'>
  readonly texts: Texts
  readonly limits?: FeedLimits
  readonly compile?: WalkOptions['compile']
}

/** A Feed over the log: every event is read from there, hints only say when to look. */
export function createFeed(options: FeedOptions): Feed {
  const { catalog, tail, host, storage, texts, limits = {}, compile } = options
  const { log } = storage
  const start = startsOfLog(log, tail)
  const exchange = createExchange({ catalog, tail, host })
  const walking: WalkOptions = { catalog, tail, exchange, storage, limits, ...(compile ? { compile } : {}) }
  return {
    follow: following({ ...walking, texts, storage }, start),
    replicate: replicating(walking, start),
    async *touches({ tenant }, since, signal) {
      if (tail.closed) return
      const folds = watchFolds(catalog, tail, tenant)
      try {
        let seq = await untilItIsBack(() => start(tenant, since), host, signal)
        while (true) {
          const chunk = await folds.before(signal, until => tail.next(tenant, seq, until))
          const entities = new Set([...folds.take(), ...(chunk ? touched(catalog, chunk) : [])])
          if (!chunk && (entities.size === 0 || signal.aborted)) return
          seq = chunk?.seq ?? seq
          yield { position: { log, seqs: { [tenant]: seq } }, entities }
        }
      } finally {
        folds.stop()
      }
    },
  }
}

/** ms */
const PAUSE = 200

/** Who looks for what happens next has an answer already: an outage only delays him, even here. */
async function untilItIsBack(
  ask: () => Promise<number>,
  { sleep }: Pick<Host, 'sleep'>,
  signal: AbortSignal,
): Promise<number> {
  while (true) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error
      await sleep(PAUSE, signal)
    }
  }
}

/** Notices of folds, gathered between two looks. */
function watchFolds(catalog: Catalog, tail: Tail, tenant: string) {
  const names = new Set<string>()
  let wake = (): void => {}
  const stop = tail.onFolded(tenant, entities => {
    for (const number of entities) {
      const name = catalog.entityByNumber(number)?.name
      if (name !== undefined) names.add(name)
    }
    wake()
  })
  return {
    stop,
    take: (): readonly string[] => {
      const taken = [...names]
      names.clear()
      return taken
    },
    /** Waits for the next chunk, but no longer than until a notice. */
    before: async (signal: AbortSignal, next: (until: AbortSignal) => Promise<LogChunk | null>) => {
      const until = new AbortController()
      const end = (): void => until.abort()
      signal.addEventListener('abort', end)
      wake = end
      if (signal.aborted || names.size > 0) end()
      try {
        return await next(until.signal)
      } finally {
        wake = () => {}
        signal.removeEventListener('abort', end)
      }
    },
  }
}

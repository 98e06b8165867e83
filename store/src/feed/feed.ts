import type { Catalog } from '@zg/core/ir/catalog'
import type { Feed, FeedEvent } from '@zg/core/ports/feed'
import type { LogChunk, Storage, TextRequest } from '@zg/core/ports/storage'
import { NO_RELATIONS, type Predicate, predicate } from '@zg/core/query/evaluate'
import type { Row } from '@zg/core/query/query'
import { withTexts } from '../text/fields.ts'
import type { Texts } from '../text/texts.ts'
import { type Transition, touched, transitions } from './images.ts'
import { replicating } from './replicate.ts'
import { startsOfLog } from './start.ts'
import type { Tail } from './tail.ts'

export interface FeedOptions {
  readonly catalog: Catalog
  readonly tail: Tail
  readonly storage: Pick<Storage, 'log' | 'texts' | 'view'>
  readonly texts: Texts
  readonly limits?: FeedLimits
}

export interface FeedLimits {
  /** Rows that enter at most with one batch by being loaded: 500. */
  readonly page?: number
}

const PAGE = 500

/** A Feed over the log: every event is read from there, hints only say when to look. */
export function createFeed({ catalog, tail, storage, texts, limits = {} }: FeedOptions): Feed {
  const { log } = storage
  const start = startsOfLog(log, tail)

  /** Texts are no part of a row's image: they are opened as they stood at the end of the chunk. */
  const withContent = async (
    tenant: string,
    at: number,
    name: string,
    events: readonly FeedEvent[],
  ): Promise<readonly FeedEvent[]> => {
    const entity = catalog.entity(name)
    const fields = entity.ir.fields.filter(({ crdt }) => crdt === 'text')
    const rows = events.flatMap(event => (event.kind === 'upsert' ? [event.row] : []))
    if (!fields.length || !rows.length) return events
    const load = (requests: readonly TextRequest[]) => storage.texts(tenant, requests)
    const filled = await withTexts({ texts, tenant, at, load }, entity, fields, rows)
    const byId = new Map(filled.map(row => [row.id, row]))
    return events.map(event =>
      event.kind === 'upsert' ? { ...event, row: byId.get(event.id) ?? event.row } : event,
    )
  }

  return {
    async *follow({ scope, shape, since, until, signal }) {
      const { tenant } = scope
      const matches = predicate(catalog, shape.entity, shape.where)
      if (tail.closed) return
      let seq = await start(tenant, since)
      const stop = until ? await start(tenant, until) : Number.POSITIVE_INFINITY
      while (seq < stop) {
        const chunk = await (until ? tail.upTo(tenant, seq, stop) : tail.next(tenant, seq, signal))
        if (!chunk || signal.aborted) return
        seq = chunk.seq
        const events = transitions(catalog, chunk)
          .filter(({ entity }) => entity === shape.entity)
          .flatMap(transition => judge(matches, transition))
        const shown = await withContent(tenant, seq, shape.entity, events)
        yield { events: shown, position: { log, seqs: { [tenant]: seq } } }
      }
    },
    replicate: replicating({ catalog, tail, storage, startOf: start, page: limits.page ?? PAGE }),
    async *touches({ tenant }, since, signal) {
      if (tail.closed) return
      const folds = watchFolds(catalog, tail, tenant)
      try {
        let seq = await start(tenant, since)
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

/** Each row is judged on its image before and after: it entered, changed inside, left, or was never seen. */
function judge(matches: Predicate, { id, from, to }: Transition): readonly FeedEvent[] {
  const inside = (row: Row | null): row is Row => row !== null && matches(row, NO_RELATIONS)
  if (inside(to)) return [{ kind: 'upsert', id, row: to }]
  if (!inside(from)) return []
  return [{ kind: to ? 'evict' : 'delete', id }]
}

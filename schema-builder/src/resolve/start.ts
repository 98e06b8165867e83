import type { FeedBatch, FeedEvent, FollowRequest } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { type Row, stateOf } from '@zg/core/query/query'
import type { Services } from '../execute/services.ts'

/** What `since` says for the beginning of everything: also the cursor of a batch after which one must begin again. */
export const START = 'START'

/** A batch of the feed; without a position while it must be begun anew to go on. */
export type Told = Pick<FeedBatch, 'events'> & { readonly position: Position | null }

/** Rows per batch. */
const PAGE = 500

/**
 * First the rows there are, in pages, then the feed, with no gap between and no row told twice without a change.
 *
 * No snapshot is held while the reader takes its time: each page is read by itself, in order of ids, and what
 * happened meanwhile to rows of earlier pages is told with it, up to the position of that very read. So after every
 * batch the reader holds exactly what there was at one position, as far as the pages go. (The idea is that of
 * DBLog's watermarks, Andreakis and Papapanagiotou 2019; our log needs no marks to be written.)
 */
export async function* fromStart(
  { reader, feed, catalog }: Pick<Services, 'reader' | 'feed' | 'catalog'>,
  request: Pick<FollowRequest, 'scope' | 'shape' | 'signal'>,
  size = PAGE,
): AsyncGenerator<Told> {
  const { scope, shape, signal } = request
  const { ir } = catalog.entity(shape.entity)
  const fields = ir.fields.flatMap(({ name, crdt }) => (crdt === 'text' ? [name, stateOf(name)] : [name]))
  let position: Position | null = null
  let last: string | null = null

  while (!signal.aborted) {
    const snapshot = reader.open(scope)
    let here: Position
    let rows: readonly Row[]
    try {
      here = await snapshot.position()
      const after = last === null ? {} : { after: [last] }
      const order = [{ path: ['id'], direction: 'asc' }] as const
      const pages = await snapshot.pages({ ...shape, fields, order, limit: size, ...after })
      rows = pages[0] ?? []
    } finally {
      await snapshot.close()
    }
    const events: FeedEvent[] = []
    if (position !== null && last !== null) {
      for await (const batch of feed.follow({ ...request, since: position, until: here })) {
        // The page has what happened behind the earlier ones.
        for (const event of batch.events) if (event.id <= last) events.push(event)
      }
    }
    if (signal.aborted) return
    for (const row of rows) events.push({ kind: 'upsert', id: row.id, row })
    position = here
    last = rows.at(-1)?.id ?? last
    const done = rows.length < size
    yield { events, position: done ? here : null }
    if (done) break
  }
  if (position !== null) yield* feed.follow({ ...request, since: position })
}

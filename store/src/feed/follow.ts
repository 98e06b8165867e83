import { type Feed, type FeedEvent, START } from '@zg/core/ports/feed'
import type { Storage, TextRequest } from '@zg/core/ports/storage'
import type { Row } from '@zg/core/query/query'
import { withTexts } from '../text/fields.ts'
import type { Texts } from '../text/texts.ts'
import type { StartOf } from './start.ts'
import type { RowChange, Step } from './step.ts'
import { type Start, type WalkOptions, walk } from './walk.ts'

export interface FollowOptions extends WalkOptions {
  readonly storage: Pick<Storage, 'log' | 'images' | 'view' | 'texts'>
  readonly texts: Texts
}

/** Feed.follow over the log. */
export function following(options: FollowOptions, startOf: StartOf): Feed['follow'] {
  const { storage, tail } = options
  return async function* ({ scope: { tenant }, shape, since, signal, began, until }) {
    if (tail.closed) return
    const loaded = [{ kind: since === START ? 'nothing' : 'whole' }] as const
    const position = since === START ? undefined : since
    const head = await startOf(tenant, position)
    const { log } = storage
    const start: Start = {
      tenant,
      shapes: [shape],
      loaded,
      edges: false,
      seq: position ? head : null,
      signal,
      ...(began && since !== START ? { began: at => began({ log, seqs: { [tenant]: at } }) } : {}),
      ...(until ? { until: () => until()?.seqs[tenant] ?? null } : {}),
    }
    for await (const step of walk(options, start, one => eventsOf(options, tenant, one))) {
      const position = { log, seqs: { [tenant]: step.at } }
      if (step.kind === 'reset') yield { events: [], position, again: step.reason }
      else if (step.parts.every(part => part.loaded.kind === 'whole')) yield { events: step.told, position }
      else yield { events: step.told, position, again: 'LOADING' }
    }
  }
}

async function eventsOf(options: FollowOptions, tenant: string, step: Step): Promise<readonly FeedEvent[]> {
  const changes = [...step.rows.values()].filter(({ was, is }) => was || is)
  const rows = await withContent(options, tenant, step.at, changes)
  return changes.map(({ id, is, to }): FeedEvent => {
    const row = rows ? rows.get(id) : to
    if (is && row) return { kind: 'upsert', id, row }
    return { kind: to ? 'evict' : 'delete', id }
  })
}

/** Texts are no part of a row's image: they are opened as they stood then. Null: there are none. */
async function withContent(
  { storage, texts }: FollowOptions,
  tenant: string,
  at: number,
  changes: readonly RowChange[],
): Promise<ReadonlyMap<string, Row> | null> {
  const first = changes.find(({ is }) => is)
  const fields = first?.entity.ir.fields.filter(({ crdt }) => crdt === 'text') ?? []
  if (!first || !fields.length) return null
  const rows = changes.flatMap(({ is, to }) => (is && to ? [to] : []))
  const load = (requests: readonly TextRequest[]) => storage.texts(tenant, requests)
  const filled = await withTexts({ texts, tenant, at, load }, first.entity, fields, rows)
  return new Map(filled.map(row => [row.id, row]))
}

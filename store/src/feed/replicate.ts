import { addressKey } from '@zg/core/act/overlay'
import { decodeBytes } from '@zg/core/base64url'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Feed, ReplicaEvent, ReplicaText, Shape } from '@zg/core/ports/feed'
import type { LogChunk } from '@zg/core/ports/storage'
import { ProblemError, problem } from '@zg/core/problem'
import { checkShape } from '@zg/core/query/check'
import { edgeChanges } from './edges.ts'
import type { StartOf } from './start.ts'
import type { RowChange, Step } from './step.ts'
import { type WalkOptions, walk } from './walk.ts'

/** Feed.replicate over the log. */
export function replicating(options: WalkOptions, startOf: StartOf): Feed['replicate'] {
  const { catalog, storage, tail } = options
  return async function* ({ scope: { tenant }, shapes, since, signal }) {
    checkShapes(catalog, shapes)
    if (tail.closed) return
    const head = await startOf(tenant, since?.position)
    const start = {
      tenant,
      shapes,
      loaded: since?.loaded ?? [],
      edges: true,
      seq: since ? head : null,
      signal,
    }
    for await (const step of walk(options, start, one => eventsOf(catalog, one))) {
      const position = { log: storage.log, seqs: { [tenant]: step.at } }
      if (step.kind === 'reset') yield { kind: 'reset', reason: step.reason, position }
      else
        yield { kind: 'events', events: step.told, position, loaded: step.parts.map(({ loaded }) => loaded) }
    }
  }
}

function checkShapes(catalog: Catalog, shapes: readonly Shape[]): void {
  const problems = shapes.flatMap(({ entity, where }, i) => {
    if (!catalog.entities.some(({ name }) => name === entity))
      return [problem('UNKNOWN_ENTITY', ['shapes', String(i)], `The schema has no entity ${entity}`)]
    return checkShape(catalog, entity, where).map(one => ({
      ...one,
      path: ['shapes', String(i), 'where', ...one.path],
    }))
  })
  if (problems.length) throw new ProblemError(problems)
}

async function eventsOf(catalog: Catalog, step: Step): Promise<readonly ReplicaEvent[]> {
  const rows = [...step.rows.values()].filter(({ was, is }) => was || is)
  const texts = await textsOf(step, rows)
  const edges = await edgeChanges({ catalog, ...step })
  return [
    ...rows.map(row => rowEvent(row, texts)),
    ...edges.map(({ entity, key, instance }): ReplicaEvent => {
      return instance ? { kind: 'upsert', entity, key, instance } : { kind: 'delete', entity, key }
    }),
  ]
}

type TextsByRow = ReadonlyMap<string, readonly ReplicaText[]>

function rowEvent({ entity, id, is, to, instance }: RowChange, texts: TextsByRow): ReplicaEvent {
  const address = { entity: entity.ir.number, key: id }
  if (!is) return { kind: to ? 'evict' : 'delete', ...address }
  const own = texts.size > 0 ? texts.get(addressKey(address)) : undefined
  return { kind: 'upsert', ...address, instance, ...(own ? { texts: own } : {}) }
}

/** By address: whole where the row came, else what was added. */
async function textsOf({ chunk, at, view }: Step, rows: readonly RowChange[]): Promise<TextsByRow> {
  const texts = new Map(chunk ? updatesIn(chunk) : [])
  const came = rows.filter(({ was, is }) => is && !was)
  const requests = came.flatMap(({ entity: { ir }, id }) =>
    ir.fields
      .filter(({ crdt }) => crdt === 'text')
      .map(field => ({ entity: ir.number, key: id, field: field.number, at })),
  )
  if (texts.size > 0)
    for (const { entity, id } of came) texts.delete(addressKey({ entity: entity.ir.number, key: id }))
  const stored = await view.texts(requests)
  for (const [i, { field, ...address }] of requests.entries()) {
    const text = stored[i]
    const known = texts.get(addressKey(address)) ?? []
    if (text?.seq) texts.set(addressKey(address), [...known, { field, source: text.source }])
  }
  return texts
}

/** What a chunk adds to texts. */
function updatesIn({ entries }: LogChunk): TextsByRow {
  const rows = new Map<string, Map<number, Uint8Array[]>>()
  for (const { change } of entries) {
    for (const op of change.ops) {
      if (op.kind !== 'text') continue
      const row = rows.get(addressKey(change)) ?? new Map<number, Uint8Array[]>()
      rows.set(addressKey(change), row)
      const updates = row.get(op.field) ?? []
      row.set(op.field, updates)
      updates.push(decodeBytes(op.update) ?? new Uint8Array())
    }
  }
  const textsOfRow = (row: ReadonlyMap<number, readonly Uint8Array[]>) =>
    [...row].map(([field, updates]) => ({ field, source: { state: null, updates } }))
  return new Map([...rows].map(([key, row]) => [key, textsOfRow(row)]))
}

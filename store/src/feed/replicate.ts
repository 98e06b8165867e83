import { addressKey } from '@zg/core/act/overlay'
import { decodeBytes } from '@zg/core/base64url'
import { NOTHING } from '@zg/core/change/instance'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Feed, ReplicaBatch, ReplicaEvent, ReplicaText, Shape } from '@zg/core/ports/feed'
import type { LogChunk, Storage, View } from '@zg/core/ports/storage'
import { ProblemError, problem } from '@zg/core/problem'
import { checkShape } from '@zg/core/query/check'
import { type EdgeChange, edgeChanges, edgesOfRows, type RowName } from './edges.ts'
import { createHolding, type Holding } from './holding.ts'
import { image, type Transition, transitions } from './images.ts'
import type { StartOf } from './start.ts'
import type { Tail } from './tail.ts'

export interface ReplicateOptions {
  readonly catalog: Catalog
  readonly tail: Tail
  readonly storage: Pick<Storage, 'log' | 'view'>
  readonly startOf: StartOf
  /** Rows that enter at most with one batch by being loaded. */
  readonly page: number
}

/** Entries that may lie between a replica and the page it loads. */
const GAP = 1_000

/** Feed.replicate over the log: pages and what happened meanwhile to what is loaded come from one snapshot each. */
export function replicating(options: ReplicateOptions): Feed['replicate'] {
  const { catalog, tail, storage, startOf, page } = options
  return async function* ({ scope: { tenant }, shapes, since, signal }) {
    checkShapes(catalog, shapes)
    if (tail.closed) return
    const holding = createHolding(catalog, shapes, since?.loaded ?? [])
    const head = await startOf(tenant, since?.position)
    let seq = since ? head : null
    const batch = (events: Events, at: number): ReplicaBatch => ({
      kind: 'events',
      events: [...events.values()],
      position: { log: storage.log, seqs: { [tenant]: at } },
      loaded: holding.loaded,
    })
    while (!signal.aborted && !tail.closed) {
      if (seq === null || holding.next()) {
        const from: number | null = seq
        const [events, at] = await storage.view(tenant, async view => {
          const chunk = from === null ? null : await view.read(from, GAP)
          const told = chunk?.entries.length ? await happened(catalog, holding, chunk, view) : new Map()
          // Far behind, it comes to the head first: a page is read there.
          if (chunk && chunk.seq < view.head) return [told, chunk.seq] as const
          await load(catalog, holding, view, page, told)
          return [told, view.head] as const
        })
        seq = at
        if (!signal.aborted) yield batch(events, at)
        continue
      }
      const chunk = await tail.next(tenant, seq, signal)
      if (!chunk || signal.aborted) return
      const events = await storage.view(tenant, view => happened(catalog, holding, chunk, view))
      seq = chunk.seq
      yield batch(events, seq)
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

/** By address: what is said last counts, all being true at one position. */
type Events = Map<string, ReplicaEvent>

/** What a chunk did to what is held. */
async function happened(catalog: Catalog, holding: Holding, chunk: LogChunk, view: View): Promise<Events> {
  const events: Events = new Map()
  const moves = transitions(catalog, chunk)
  const updates = updatesIn(chunk)
  const entered: RowName[] = []
  for (const { entity: name, id, from, to } of moves) {
    const entity = catalog.entity(name)
    const address = { entity: entity.ir.number, key: id }
    const was = holding.holds(name, from)
    if (holding.holds(name, to)) {
      const instance = chunk.images.get(addressKey(address)) ?? NOTHING
      const texts = (was && updates.get(addressKey(address))) || []
      events.set(addressKey(address), {
        kind: 'upsert',
        ...address,
        instance,
        ...(texts.length ? { texts } : {}),
      })
      if (!was) entered.push({ entity, id })
    } else if (was) events.set(addressKey(address), { kind: to ? 'evict' : 'delete', ...address })
  }
  await addTexts(events, entered, chunk.seq, view)
  const rows = new Map(moves.map((move): [string, Transition] => [move.id, move]))
  const edges = await edgeChanges({ catalog, holding, chunk, rows, view })
  for (const edge of edges) events.set(addressKey(edge), eventOf(edge))
  return events
}

function eventOf({ entity, key, instance }: EdgeChange): ReplicaEvent {
  return instance ? { kind: 'upsert', entity, key, instance } : { kind: 'delete', entity, key }
}

/** The next page of the first shape that is not whole, at the head of the view. */
async function load(
  catalog: Catalog,
  holding: Holding,
  view: View,
  page: number,
  events: Events,
): Promise<void> {
  const next = holding.next()
  if (!next) return
  const entity = catalog.entity(next.shape.entity)
  const ids = await view.ids(entity.name, next.shape.where, { after: next.after, limit: page })
  const addresses = ids.map(key => ({ entity: entity.ir.number, key }))
  const instances = await view.instances(addresses, view.head)
  const entered: RowName[] = []
  for (const [i, address] of addresses.entries()) {
    const instance = instances[i] ?? NOTHING
    // Held through another shape it is there already.
    if (holding.holds(entity.name, image(entity, address.key, instance))) continue
    events.set(addressKey(address), { kind: 'upsert', ...address, instance })
    entered.push({ entity, id: address.key })
  }
  holding.load(ids.length < page ? null : (ids.at(-1) ?? null))
  await addTexts(events, entered, view.head, view)
  for (const edge of await edgesOfRows(catalog, view, view.head, entered))
    events.set(addressKey(edge), eventOf(edge))
}

/** Rows that come bring their texts whole. */
async function addTexts(events: Events, entered: readonly RowName[], at: number, view: View): Promise<void> {
  const requests = entered.flatMap(({ entity: { ir }, id }) =>
    ir.fields
      .filter(({ crdt }) => crdt === 'text')
      .map(field => ({ entity: ir.number, key: id, field: field.number, at })),
  )
  if (!requests.length) return
  const stored = await view.texts(requests)
  for (const [i, { field, ...address }] of requests.entries()) {
    const event = events.get(addressKey(address))
    const text = stored[i]
    if (event?.kind !== 'upsert' || !text?.seq) continue
    const texts = [...(event.texts ?? []), { field, source: text.source }]
    events.set(addressKey(address), { ...event, texts })
  }
}

/** What a chunk adds to texts, by the row's address. */
function updatesIn({ entries }: LogChunk): ReadonlyMap<string, readonly ReplicaText[]> {
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
  const textsOf = (row: ReadonlyMap<number, readonly Uint8Array[]>) =>
    [...row].map(([field, updates]) => ({ field, source: { state: null, updates } }))
  return new Map([...rows].map(([key, row]) => [key, textsOf(row)]))
}

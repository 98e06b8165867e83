import { predicate, type Row } from '@zg/core'
import { type Evidence, momentsOf, same, type Tenant, text } from '../evidence.ts'
import type { Moment } from '../history.ts'
import { lookupIn } from '../lookup.ts'
import { rowsOf } from '../replay.ts'

/**
 * Promise 3: whoever holds a shape as it was at any position and folds what the feed says since holds it as it is at
 * the position he has come to, and was told of nothing that he had not seen.
 */
export function* feed({ history, tenants }: Evidence): Generator<string> {
  const byName = new Map(tenants.map(tenant => [tenant.name, tenant]))
  const batches = Map.groupBy(momentsOf(history, 'batch'), ({ stream }) => stream)
  const reached = new Map<string, { readonly tenant: string; readonly seq: number }>()
  for (const following of momentsOf(history, 'following')) {
    const { call, tenant, stream, since } = following
    const known = byName.get(tenant)
    const own = batches.get(stream) ?? []
    if (known) for (const what of fold(history, known, following, own)) yield `${call}: ${what}`
    const seq = own.at(-1)?.batch.position.seqs[tenant] ?? since.seqs[tenant] ?? 0
    reached.set(call, { tenant, seq })
  }
  for (const [call, { tenant, seq }] of history.finished ? reached : []) {
    const head = byName.get(tenant)?.state.head.seq ?? 0
    if (seq < head) yield `${call} has come to ${seq} only, and the log to ${head}`
  }
}

type Of<K extends Moment['kind']> = Extract<Moment, { kind: K }>

function* fold(
  { catalog }: Evidence['history'],
  { name, replay }: Tenant,
  { shape, since }: Of<'following'>,
  batches: readonly Of<'batch'>[],
): Generator<string> {
  const { entity } = shape
  const holds = predicate(catalog, entity, shape.where)
  const shapeAt = (seq: number): readonly Row[] | undefined => {
    const state = replay.at(seq)
    if (!state) return undefined
    const lookup = lookupIn(catalog, state)
    return rowsOf(state, entity).filter(row => holds(row, lookup))
  }
  const held = new Map((shapeAt(since.seqs[name] ?? 0) ?? []).map(row => [row.id, row]))
  for (const { batch } of batches) {
    const seq = batch.position.seqs[name] ?? 0
    const told = new Set<string>()
    for (const event of batch.events) {
      if (told.has(event.id)) yield `${event.id} twice in the batch of ${seq}`
      told.add(event.id)
      if (event.kind === 'upsert') held.set(event.id, event.row)
      else if (!held.delete(event.id)) yield `${event.kind} of ${event.id} at ${seq}, which was not there`
    }
    const expected = shapeAt(seq)
    if (!expected) yield `a batch ends at ${seq}, in the middle of a mutation`
    const rows = [...held.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    if (expected && !same(rows, expected))
      yield `at ${seq} holds ${text(rows)}, and should hold ${text(expected)}`
  }
}

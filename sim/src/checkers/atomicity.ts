import { type Evidence, momentsOf, same, type Tenant, text } from '../evidence.ts'
import type { Picture } from '../history.ts'
import { liveEdges, rowsOf } from '../replay.ts'

/** Promise 7: a mutation is seen whole or not at all, in the log and by every reader. */
export function* atomicity({ history, tenants }: Evidence): Generator<string> {
  for (const tenant of tenants) yield* logIsWhole(tenant)
  const byName = new Map(tenants.map(tenant => [tenant.name, tenant]))
  for (const kind of ['read', 'result'] as const) {
    for (const { tenant, call, picture } of momentsOf(history, kind)) {
      const known = byName.get(tenant)
      if (known) for (const what of wrongIn(history.catalog, known, picture)) yield `${call} saw ${what}`
    }
  }
}

function* logIsWhole({ name, state, replay }: Tenant): Generator<string> {
  const { entries, head } = state
  const last = entries.at(-1)
  if (head.seq !== entries.length)
    yield `${name}: the head is ${head.seq}, the log has ${entries.length} entries`
  if (last && !last.last) yield `${name}: the log ends in the middle of a mutation`
  for (const [i, { seq }] of entries.entries()) {
    if (seq !== i + 1) yield `${name}: entry ${i + 1} has position ${seq}`
  }
  for (const { entries: own, by, client, n } of replay.groups) {
    for (const [i, { seq, change }] of own.entries()) {
      const { mutation } = change
      const belongs = change.by === by && mutation.client === client && mutation.n === n
      if (!belongs || mutation.index !== i) yield `${name} ${seq}: is no ${i + 1}. change of ${client}/${n}`
    }
  }
}

function* wrongIn(
  catalog: Evidence['history']['catalog'],
  { name, replay }: Tenant,
  picture: Picture,
): Generator<string> {
  const seq = picture.position.seqs[name] ?? 0
  const state = replay.at(seq)
  if (!state) {
    yield `the middle of a mutation: position ${seq}`
    return
  }
  for (const [entity, rows] of Object.entries(picture.rows)) {
    const expected = rowsOf(state, entity)
    if (!same(rows, expected)) yield `at ${seq} ${entity} ${text(rows)}, where the log says ${text(expected)}`
  }
  for (const [relation, edges] of Object.entries(picture.edges)) {
    const expected = liveEdges(catalog, state, relation)
    if (!same(edges, expected))
      yield `at ${seq} ${relation} ${text(edges)}, where the log says ${text(expected)}`
  }
}

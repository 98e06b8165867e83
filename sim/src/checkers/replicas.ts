import { type Catalog, predicate, type Row, type Shape } from '@zg/core'
import { type Evidence, momentsOf, same, type Tenant, text } from '../evidence.ts'
import { lookupIn } from '../lookup.ts'
import { liveEdges, rowsOf, type State } from '../replay.ts'

/**
 * Promises 1, 3, 7 at replicas: whenever nothing of its own is pending, a replica shows what its shapes hold at the position
 * it has come to, which is the end of a mutation; and in the end it has come to the end of the log.
 */
export function* replicas({ history, tenants }: Evidence): Generator<string> {
  const { catalog, plan } = history
  const byName = new Map(tenants.map(tenant => [tenant.name, tenant]))
  const shapes = new Map(plan.clients.map(({ name, replica }) => [name, replica?.shapes ?? []]))
  const last = new Map<string, number>()
  for (const { client, tenant, picture } of momentsOf(history, 'held')) {
    const known = byName.get(tenant)
    const seq = picture.position.seqs[tenant] ?? 0
    last.set(client, seq)
    const state = known?.replay.at(seq)
    if (!state) {
      yield `${client} stands at ${seq}, in the middle of a mutation`
      continue
    }
    const expected = shown(catalog, state, shapes.get(client) ?? [])
    if (!same(picture.rows, expected.rows))
      yield `${client} shows at ${seq} ${text(picture.rows)}, and should show ${text(expected.rows)}`
    if (!same(picture.edges, expected.edges))
      yield `${client} shows at ${seq} ${text(picture.edges)}, and should show ${text(expected.edges)}`
  }
  for (const { name, tenant, replica } of history.finished ? plan.clients : []) {
    const head = headOf(byName.get(tenant))
    if (replica && head > 0 && last.get(name) !== head)
      yield `${name} shows ${last.get(name)} in the end, and the log has ${head}`
  }
}

function headOf(tenant: Tenant | undefined): number {
  return tenant?.state.head.seq ?? 0
}

/** What shapes hold of a state: their rows, and the edges between these. */
function shown(catalog: Catalog, state: State, shapes: readonly Shape[]) {
  const lookup = lookupIn(catalog, state)
  const rows: { [entity: string]: readonly Row[] } = {}
  const held = new Set<string>()
  for (const { name } of catalog.entities) {
    const tests = shapes
      .filter(({ entity }) => entity === name)
      .map(({ where }) => predicate(catalog, name, where))
    const own = rowsOf(state, name).filter(row => tests.some(holds => holds(row, lookup)))
    rows[name] = own
    for (const { id } of own) held.add(id)
  }
  const edges: { [relation: string]: readonly string[] } = {}
  for (const { name } of catalog.model.relations) {
    edges[name] = liveEdges(catalog, state, name).filter(edge => edge.split('|').every(id => held.has(id)))
  }
  return { rows, edges }
}

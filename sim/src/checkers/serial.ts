import { type Row, stateOf } from '@zg/core'
import { type Asked, type Evidence, isReused, same, seqOf, type Tenant, text } from '../evidence.ts'
import { createOracle, type Known, type Oracle } from '../oracle.ts'
import { liveEdges, rowsOf, type State } from '../replay.ts'

/**
 * Promise 5: one order of all mutations, that of the log, explains every verdict and every row. What replicas push depends on
 * when it was made, too: the oracle takes over what came of it and goes on from there.
 */
export function* serial({ history: { catalog }, tenants }: Evidence): Generator<string> {
  for (const tenant of tenants) {
    const oracle = createOracle(catalog)
    const bystanders = bystandersOf(tenant)
    for (const seq of [0, ...tenant.replay.groups.map(group => group.seq)]) {
      const state = tenant.replay.at(seq)
      const author = tenant.calls.find(({ groups }) => groups.some(group => group.seq === seq))
      if (author) {
        if (author.push) {
          if (state) oracle.adopt(stateAs(catalog, state), tenant.replay.deadAt(seq))
          continue
        }
        const codes = oracle.commit(author.acts)
        if (codes.length) yield `${author.call} was applied at ${seq}, and should be refused: ${codes}`
      }
      if (state) yield* wrongIn(catalog, oracle, state)
      for (const call of bystanders.get(seq) ?? []) yield* wrongVerdict(oracle, call, seq)
    }
  }
}

/** Who has left nothing in the log, by the position where he should have left nothing. */
function bystandersOf({ calls }: Tenant): ReadonlyMap<number, readonly Asked[]> {
  const at = new Map<number, Asked[]>()
  for (const call of calls) {
    const [outcome] = call.told
    if (!outcome || call.groups.length || isReused(call) || call.push) continue
    const seq = seqOf(call, outcome)
    at.set(seq, [...(at.get(seq) ?? []), call])
  }
  return at
}

function* wrongVerdict(oracle: Oracle, { call, acts, told }: Asked, seq: number): Generator<string> {
  const codes = told[0]?.verdict.problems.map(({ code }) => code) ?? []
  const expected = oracle.commit(acts)
  if (!same(distinct(codes), distinct(expected))) {
    yield `${call} was told ${codes.join(', ') || 'nothing wrong'} at ${seq}, and should be told ${expected.join(', ') || 'nothing wrong'}`
  }
}

function distinct(codes: readonly string[]): readonly string[] {
  return [...new Set(codes)].sort()
}

/** Without texts, which the oracle knows nothing of. */
function stateAs(catalog: Evidence['history']['catalog'], state: State): Known {
  return {
    rows: catalog.entities.flatMap(({ name }) => plain(catalog, state, name)),
    edges: catalog.model.relations.flatMap(({ name }) =>
      liveEdges(catalog, state, name).map(edge => `${name} ${edge}`),
    ),
  }
}

function plain(catalog: Evidence['history']['catalog'], state: State, entity: string): readonly Row[] {
  const { ir } = catalog.entity(entity)
  const woven = ir.fields
    .filter(({ crdt }) => crdt === 'text')
    .flatMap(field => [field.name, stateOf(field.name)])
  return rowsOf(state, entity).map(row => ({
    ...Object.fromEntries(Object.entries(row).filter(([field]) => !woven.includes(field))),
    id: row.id,
  }))
}

function* wrongIn(catalog: Evidence['history']['catalog'], oracle: Oracle, state: State): Generator<string> {
  for (const { name } of catalog.entities) {
    const rows = plain(catalog, state, name)
    const expected = oracle.rows(name)
    if (!same(rows, expected))
      yield `at ${state.seq} ${name} is ${text(rows)}, and should be ${text(expected)}`
  }
  for (const { name } of catalog.model.relations) {
    const edges = liveEdges(catalog, state, name)
    const expected = oracle.edges(name)
    if (!same(edges, expected))
      yield `at ${state.seq} ${name} is ${text(edges)}, and should be ${text(expected)}`
  }
}

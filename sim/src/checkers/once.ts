import type { Evidence } from '../evidence.ts'

/** Promise 4: however often a mutation was sent, it has had its effect once. */
export function* once({ tenants, calls }: Evidence): Generator<string> {
  for (const { call, groups } of calls) {
    if (groups.length > 1) yield `${call} is in the log at ${groups.map(({ seq }) => seq).join(' and ')}`
  }
  for (const { name, state, replay } of tenants) {
    const first = new Map<string, number>()
    for (const { by, client, n, seq } of replay.groups) {
      const mutation = JSON.stringify([by, client, n])
      const before = first.get(mutation)
      if (before !== undefined) yield `${name}: mutation ${mutation} is in the log at ${before} and at ${seq}`
      first.set(mutation, seq)
    }
    const ids = new Set<string>()
    for (const { seq, change } of state.entries) {
      if (ids.has(change.id)) yield `${name} ${seq}: change ${change.id} is in the log twice`
      ids.add(change.id)
    }
  }
}

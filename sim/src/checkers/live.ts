import { type Evidence, momentsOf, same, text } from '../evidence.ts'
import { rowsOf } from '../replay.ts'

/** Promise 13: in the end a live result is what the query would answer afresh. */
export function* live({ history, tenants }: Evidence): Generator<string> {
  if (!history.finished) return
  const last = new Map(momentsOf(history, 'result').map(result => [result.call, result]))
  for (const { call, tenant, entity, picture } of last.values()) {
    const known = tenants.find(({ name }) => name === tenant)
    const state = known?.replay.at(known.state.head.seq)
    if (!state) continue
    const expected = rowsOf(state, entity)
    const shown = picture.rows[entity] ?? []
    if (!same(shown, expected))
      yield `${call} shows ${text(shown)} in the end, and should show ${text(expected)}`
  }
}

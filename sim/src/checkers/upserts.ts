import type { Act, Row } from '@zg/core'
import { type Asked, type Evidence, same, seqOf, type Tenant, text } from '../evidence.ts'
import { rowsOf, type State } from '../replay.ts'

/**
 * Promise 5 for those who say "create it, or change it if it is there", replicas too, whose acts are done where the log is: it
 * was about the row that held the key right before, and made another one only where there was none.
 */
export function* upserts({ tenants }: Evidence): Generator<string> {
  for (const tenant of tenants) {
    for (const call of tenant.calls) {
      const [outcome] = call.told
      if (outcome?.verdict.status !== 'applied' || !call.acts.some(({ given }) => given)) continue
      const { before, after } = around(tenant, call, seqOf(call, outcome))
      // Where the log does not know of it, others say so.
      if (!before || !after) continue
      for (const [i, act] of call.acts.entries()) {
        const holder = holderOf(act, before)
        if (holder === undefined) continue
        const about = outcome.ids[i]
        const expected = holder?.id ?? act.given?.id
        if (about !== expected)
          yield `${call.call} was about ${about}, and ${text(act.given?.key)} was held by ${expected}`
        if (act.id === expected || !isThere(after, act) || isThere(before, act) || isAsked(call, act.id))
          continue
        yield `${call.call} made ${act.id} beside ${expected}, which holds ${text(act.given?.key)}`
      }
    }
  }
}

/** How things stood before the call was done, and after. */
function around({ replay }: Tenant, { groups }: Asked, told: number) {
  const [group] = groups
  if (!group) return { before: replay.at(told), after: replay.at(told) }
  return { before: replay.at(group.seq - group.entries.length), after: replay.at(group.seq) }
}

/** Null: nobody. Undefined: the act is done in any case. */
function holderOf({ given }: Act, state: State): Row | null | undefined {
  if (!given) return undefined
  const key = Object.entries(given.key)
  return rowsOf(state, given.entity).find(row => key.every(([name, value]) => same(row[name], value))) ?? null
}

function isThere(state: State, { entity, id }: Act): boolean {
  return state.rows.get(entity)?.has(id) ?? false
}

function isAsked({ acts }: Asked, id: string): boolean {
  return acts.some(act => act.kind === 'create' && act.id === id && !act.given)
}

import { type Evidence, seqOf } from '../evidence.ts'

/**
 * Promise 5: whoever asks after somebody was told comes after him: what is written is read, by everybody, from then on.
 * (With one log per tenant its positions are the order; cycles of dependencies need no search.)
 */
export function* order({ history, calls }: Evidence): Generator<string> {
  /** By tenant: the greatest position that anybody was told so far. */
  const known = new Map<string, number>()
  /** What was known when it was asked. */
  const floors = new Map<string, number>()
  // Who comes under an id that was used before is told of then.
  const used = new Set<string>()
  const reused = new Set<string>()
  for (const { call, tenant, by, id } of calls) {
    const name = JSON.stringify([tenant, by, id])
    if (id !== null && used.has(name)) reused.add(call)
    used.add(name)
  }
  for (const moment of history.moments) {
    if (moment.kind === 'event') continue
    const { call, tenant } = moment
    if (moment.kind === 'asked' || moment.kind === 'reading') {
      if (!floors.has(call)) floors.set(call, known.get(tenant) ?? 0)
      continue
    }
    if (moment.kind !== 'told' && moment.kind !== 'read') continue
    if (reused.has(call)) continue
    const seq =
      moment.kind === 'told' ? seqOf(moment, moment.outcome) : (moment.picture.position.seqs[tenant] ?? 0)
    const floor = floors.get(call) ?? 0
    if (seq < floor) yield `${call} was asked when ${floor} was known, and told ${seq}`
    known.set(tenant, Math.max(known.get(tenant) ?? 0, seq))
  }
}

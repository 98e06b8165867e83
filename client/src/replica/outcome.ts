import { type Check, integer, isPlain, list, only, record, refuse, text } from '@zg/core/change/check'
import type { Json } from '@zg/core/json'
import type { Position } from '@zg/core/ports/position'
import type { Outcome } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'

/** A verdict as a gateway sent it, or what is wrong with it. */
export function parseOutcome(value: Json): Outcome | Problem {
  return outcome(value, []) ?? (value as unknown as Outcome)
}

/** Whether whoever stands at `position` has seen what took effect at `effect`. Another log knows nothing of it. */
export function reached(position: Position | null, effect: Position): boolean {
  if (position === null) return false
  if (position.log !== effect.log) return true
  return Object.entries(effect.seqs).every(([tenant, seq]) => (position.seqs[tenant] ?? -1) >= seq)
}

const any: Check = () => null
const STATUSES = ['applied', 'repaired', 'rejected', 'conflict']

const seqs: Check = (value, path) => {
  if (!isPlain(value)) return refuse(path, 'must be an object')
  for (const [tenant, seq] of Object.entries(value)) {
    const found = integer(0)(seq, [...path, tenant])
    if (found) return found
  }
  return null
}

const verdict = {
  status: only(value => STATUSES.includes(value as string), `must be one of ${STATUSES.join(', ')}`),
  problems: list(record({ code: text(64), message: text(10_000), path: any })),
}
const plain = record(verdict)
const superseding = record({ ...verdict, superseded: any })

const outcome = record({
  verdict: (value, path) =>
    (isPlain(value) && Object.hasOwn(value, 'superseded') ? superseding : plain)(value, path),
  position: record({ log: text(128), seqs }),
  ids: any,
})

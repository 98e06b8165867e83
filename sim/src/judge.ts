import { atomicity } from './checkers/atomicity.ts'
import { convergence } from './checkers/convergence.ts'
import { drawers } from './checkers/drawers.ts'
import { durability } from './checkers/durability.ts'
import { feed } from './checkers/feed.ts'
import { live } from './checkers/live.ts'
import { once } from './checkers/once.ts'
import { order } from './checkers/order.ts'
import { outboxes } from './checkers/outboxes.ts'
import { replicas } from './checkers/replicas.ts'
import { serial } from './checkers/serial.ts'
import { sessions } from './checkers/sessions.ts'
import { stamps } from './checkers/stamps.ts'
import { upserts } from './checkers/upserts.ts'
import { verdicts } from './checkers/verdicts.ts'
import { type Evidence, gather } from './evidence.ts'
import type { History, Violation } from './history.ts'

/** Each says what it found, in words. Those whose findings explain others come first. */
const checkers: { readonly [promise: string]: (evidence: Evidence) => Iterable<string> } = {
  durability,
  once,
  atomicity,
  stamps,
  convergence,
  serial,
  upserts,
  order,
  sessions,
  feed,
  live,
  replicas,
  outboxes,
  drawers,
  verdicts,
}

/** At most one violation per checker. */
export function judge(history: History): readonly Violation[] {
  const evidence = gather(history)
  return Object.entries(checkers).flatMap(([promise, check]) => {
    for (const what of check(evidence)) return [{ promise, what }]
    return []
  })
}

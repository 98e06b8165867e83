import type { Position } from '@zg/core/ports/position'

/** Whether whoever stands at `position` has seen what took effect at `effect`. Another log knows nothing of it. */
export function reached(position: Position | null, effect: Position): boolean {
  if (position === null) return false
  if (position.log !== effect.log) return true
  return Object.entries(effect.seqs).every(([tenant, seq]) => (position.seqs[tenant] ?? -1) >= seq)
}

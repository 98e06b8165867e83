import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import type { Change, Op } from '@zg/core/change/change'
import type { Hlc } from '@zg/core/change/clock'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply } from '@zg/core/change/merge'
import { clocksOf } from '@zg/core/change/value'

/** What restamping needs: the state below the changes, and a clock that is right. */
export interface Restamping {
  confirmed(address: Address): Instance | null
  stamp(above: readonly Hlc[]): Hlc
}

/**
 * The same changes under new stamps, in the same order, each above what it overwrites. Rows keep their ids; removes
 * name the new tags of adds that were restamped. One call for all that waits: later ones may remove what earlier ones added.
 */
export function restamped(
  { confirmed, stamp }: Restamping,
  changes: readonly Change[],
): ReadonlyMap<Hlc, Change> {
  const renamed = new Map<Hlc, Change>()
  const states = new Map<string, Instance>()
  for (const change of changes) {
    const before = states.get(addressKey(change)) ?? confirmed(change) ?? NOTHING
    const fields = change.ops.map(({ field }) => field)
    const id = stamp(clocksOf(before, fields))
    const again: Change = { ...change, id, ops: change.ops.map(op => withTags(op, renamed)) }
    renamed.set(change.id, again)
    states.set(addressKey(change), apply(before, again))
  }
  return renamed
}

function withTags(op: Op, renamed: ReadonlyMap<Hlc, Change>): Op {
  const now = (tags: readonly Hlc[]) => tags.map(tag => renamed.get(tag)?.id ?? tag)
  if (op.kind === 'edge') return { ...op, remove: now(op.remove) }
  if (op.kind !== 'set') return op
  return { ...op, remove: op.remove.map(({ element, tags }) => ({ element, tags: now(tags) })) }
}

import { compareHlc, parseChange } from '@zg/core'
import type { Evidence } from '../evidence.ts'

/**
 * Promise 9: whatever the clocks say, what a gateway stamps is greater than all before it in the log, and each change a legal
 * one. Replicas have stamped what they push before, and in any order.
 */
export function* stamps({ tenants, calls }: Evidence): Generator<string> {
  const pushed = new Set(
    calls
      .filter(({ push }) => push?.work.kind === 'changes')
      .flatMap(({ groups }) => groups.flatMap(group => group.entries)),
  )
  for (const { name, state } of tenants) {
    let before = ''
    for (const entry of state.entries) {
      const { seq, change } = entry
      if (before && compareHlc(change.id, before) <= 0 && !pushed.has(entry))
        yield `${name} ${seq}: stamp ${change.id} is not above ${before}`
      if (change.id > before) before = change.id
      const parsed = parseChange(change)
      if ('code' in parsed) yield `${name} ${seq}: ${parsed.message}`
    }
    if (state.head.hlc !== (before || null))
      yield `${name}: the head says ${state.head.hlc}, the log ${before}`
  }
}

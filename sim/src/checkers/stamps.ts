import { compareHlc, parseChange } from '@zg/core'
import type { Evidence } from '../evidence.ts'

/** Promise 9: whatever the clocks say, each stamp is greater than all before it in the log, and each change a legal one. */
export function* stamps({ tenants }: Evidence): Generator<string> {
  for (const { name, state } of tenants) {
    let before = ''
    for (const { seq, change } of state.entries) {
      if (before && compareHlc(change.id, before) <= 0)
        yield `${name} ${seq}: stamp ${change.id} is not above ${before}`
      before = change.id
      const parsed = parseChange(change)
      if ('code' in parsed) yield `${name} ${seq}: ${parsed.message}`
    }
    if (state.head.hlc !== (before || null))
      yield `${name}: the head says ${state.head.hlc}, the log ${before}`
  }
}

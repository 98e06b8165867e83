import type { Op } from '../change.ts'
import type { Cell } from '../instance.ts'

type Counter = Extract<Cell, { kind: 'counter' }>

/** The sum of all deltas, as decimal text: sums of integers commute, and text holds any size. */
export function applyCounter(cell: Counter | undefined, op: Extract<Op, { kind: 'counter' }>): Counter {
  const sum = BigInt(cell?.sum ?? '0') + BigInt(op.by)
  return { kind: 'counter', sum: sum.toString() }
}

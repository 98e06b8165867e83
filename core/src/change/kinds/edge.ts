import type { Op } from '../change.ts'
import type { Hlc } from '../clock.ts'
import type { Cell } from '../instance.ts'
import { count } from '../tags.ts'

type Edge = Extract<Cell, { kind: 'edge' }>

/** An observed-remove flag, add wins: a set of one element. There is no final tombstone, an edge can come back. */
export function applyEdge(cell: Edge | undefined, op: Extract<Op, { kind: 'edge' }>, id: Hlc): Edge {
  const tags = { ...cell?.tags }
  if (op.add) count(tags, [id], 1)
  count(tags, new Set(op.remove), -1)
  return { kind: 'edge', tags }
}

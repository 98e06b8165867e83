import type { Op } from '../change.ts'
import type { Hlc } from '../clock.ts'
import type { Cell } from '../instance.ts'

type Register = Extract<Cell, { kind: 'register' }>

/** Last writer wins: the greatest HLC. HLCs are total (the replica id breaks ties), so the maximum is one value. */
export function applyRegister(
  cell: Register | undefined,
  op: Extract<Op, { kind: 'register' }>,
  id: Hlc,
): Register {
  if (cell && cell.at >= id) return cell
  return { kind: 'register', at: id, value: op.value }
}

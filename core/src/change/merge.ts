import type { Change, Op } from './change.ts'
import type { Hlc } from './clock.ts'
import { type Cell, type Instance, NOTHING } from './instance.ts'
import { applyCounter } from './kinds/counter.ts'
import { applyEdge } from './kinds/edge.ts'
import { applyJson } from './kinds/json.ts'
import { bear, bury } from './kinds/life.ts'
import { applyRegister } from './kinds/register.ts'
import { applySet } from './kinds/set.ts'
import { isLive } from './tags.ts'

/**
 * The state after one more change. Pure: never mutates, shares every untouched cell with `instance`, and is
 * `instance` itself when nothing changes. Commutes and associates over *distinct* changes of one instance; that
 * no change is applied twice is the caller's duty (`distinct`, or the log's unique key). MERGE.md has the laws.
 */
export function apply(instance: Instance, change: Change): Instance {
  let born = instance.born
  let cells: { [field: number]: Cell } | null = null
  for (const op of change.ops) {
    if (op.kind === 'delete') return bury(instance, change.id)
    // A text is the set of its updates, kept beside the rows: there is nothing to merge.
    if (instance.dead !== null || op.kind === 'text') continue
    if (op.kind === 'create') {
      born = bear(born, change.id)
      continue
    }
    const cell = (cells ?? instance.cells)[op.field]
    const next = applyOp(cell, op, change.id)
    if (next === cell) continue
    cells ??= { ...instance.cells }
    cells[op.field] = next
  }
  if (cells === null && born === instance.born) return instance
  return { born, dead: null, cells: cells ?? instance.cells }
}

/** The state after all of these distinct changes of one instance, in any order. O(changes). */
export function merge(changes: Iterable<Change>, onto: Instance = NOTHING): Instance {
  let instance = onto
  for (const change of changes) instance = apply(instance, change)
  return instance
}

/**
 * The layer in front of merge: passes each change id once and remembers it in `seen` (of one tenant: that is
 * where ids are unique). Makes redelivery harmless.
 */
export function* distinct(changes: Iterable<Change>, seen: Set<Hlc> = new Set()): Generator<Change> {
  for (const change of changes) {
    if (seen.has(change.id)) continue
    seen.add(change.id)
    yield change
  }
}

/** Whether the row or edge exists: a row that was created and not deleted, an edge with a live tag. */
export function visible(instance: Instance): boolean {
  // Death blanks birth and tags, so it needs no look of its own.
  if (instance.born !== null) return true
  const edge = instance.cells[0]
  return edge?.kind === 'edge' && isLive(edge.tags)
}

/**
 * What `undo` needs to take `change` back, to be taken before it is applied: null = the instance did not exist;
 * for a delete the whole instance; else `born` and the touched cells (a missing one = it was absent).
 */
export function beforeOf(instance: Instance, change: Change): Instance | null {
  const fields = Object.keys(instance.cells)
  if (instance.born === null && instance.dead === null && fields.length === 0) return null
  if (isDelete(change)) return instance
  const cells: { [field: number]: Cell } = {}
  for (const { field } of change.ops) {
    const cell = instance.cells[field]
    if (cell) cells[field] = cell
  }
  return { born: instance.born, dead: instance.dead, cells }
}

/**
 * The state before `change`, the last one applied to `instance`: `undo(apply(i, c), c, beforeOf(i, c))` equals i.
 * A row's image at an earlier position is the newest one, undone change by change, newest first.
 */
export function undo(instance: Instance, change: Change, before: Instance | null): Instance {
  if (before === null) return NOTHING
  if (isDelete(change)) return before
  const cells: { [field: number]: Cell } = { ...instance.cells }
  for (const { field } of change.ops) {
    const cell = before.cells[field]
    if (cell) cells[field] = cell
    else delete cells[field]
  }
  return { born: before.born, dead: instance.dead, cells }
}

function isDelete(change: Change): boolean {
  return change.ops.some(op => op.kind === 'delete')
}

type CellOp = Exclude<Op, { kind: 'create' | 'delete' | 'text' }>

/**
 * A field never changes its kind (a new kind is a new field number), and gateways check that. Merge knows no
 * schema, yet must not depend on order even for what a faulty peer sends: of several kinds the greatest name wins
 * and ops of the others do not count.
 */
function applyOp(cell: Cell | undefined, op: CellOp, id: Hlc): Cell {
  if (cell && cell.kind > op.kind) return cell
  switch (op.kind) {
    case 'register':
      return applyRegister(cell?.kind === 'register' ? cell : undefined, op, id)
    case 'counter':
      return applyCounter(cell?.kind === 'counter' ? cell : undefined, op)
    case 'set':
      return applySet(cell?.kind === 'set' ? cell : undefined, op, id)
    case 'edge':
      return applyEdge(cell?.kind === 'edge' ? cell : undefined, op, id)
    case 'json':
      return applyJson(cell?.kind === 'json' ? cell : undefined, op, id)
  }
}

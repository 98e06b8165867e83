import type { Hlc } from '@zg/core/change/clock'
import type { Cell, Instance, Tags } from '@zg/core/change/instance'
import { cellValue } from '@zg/core/change/value'
import type { FieldIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { blankOf } from '@zg/core/memory/rows'
import { fromColumn, toColumn } from './column.ts'
import type { EntityTable, FieldColumn } from './tables/layout.ts'

/**
 * A row's `_state`: what merging needs beside the values, which stand in the typed columns.
 * All by field number; a field named nowhere has seen no op.
 */
export interface RowState {
  readonly born: Hlc
  /** Registers: the clock of the value. */
  readonly at?: { readonly [field: string]: Hlc }
  /** Counters that were ever incremented. */
  readonly counted?: readonly number[]
  /** Sets: tags by the canonical JSON of the element. */
  readonly tags?: { readonly [field: string]: { readonly [element: string]: Tags } }
  /** Documents: what is assigned where. The column shows what that comes to. */
  readonly paths?: { readonly [field: string]: Extract<Cell, { kind: 'json' }>['paths'] }
  /** Cells whole: of fields unknown to this schema, and values that do not fit their column. */
  readonly cells?: { readonly [field: string]: Cell }
}

export interface EncodedRow {
  /** One per own column of the table, as text to be cast. */
  readonly values: readonly (string | null)[]
  readonly state: RowState
}

/** The columns that hold what an instance does: texts get theirs when they are folded. */
export function ownColumns({ columns }: Pick<EntityTable, 'columns'>): readonly FieldColumn[] {
  const present = known.get(columns)
  if (present) return present
  const own = columns.filter(({ field }) => field.crdt !== 'text')
  known.set(columns, own)
  return own
}

/** Asked for each row. */
const known = new WeakMap<readonly FieldColumn[], readonly FieldColumn[]>()

/** A visible row as columns and `_state`. Exact: `decodeRow(encodeRow(i))` equals i. O(cells). */
export function encodeRow(table: EntityTable, { born, cells }: Instance): EncodedRow {
  const { view } = table
  const columns = ownColumns(table)
  if (born === null) throw new Error(`A row of ${view.name} that nobody created cannot be stored as visible`)
  const at: { [field: string]: Hlc } = {}
  const counted: number[] = []
  const tags: { [field: string]: { readonly [element: string]: Tags } } = {}
  const paths: { [field: string]: Extract<Cell, { kind: 'json' }>['paths'] } = {}
  /** Fields whose cells stand in columns. */
  const shown: number[] = []
  const values = columns.map(({ field }) => {
    const cell = cells[field.number]
    if (!cell) return toColumn(field, blankOf(field)) ?? null
    const value = cell.kind === field.crdt ? toColumn(field, cellValue(cell)) : undefined
    if (value === undefined) return null
    shown.push(field.number)
    if (cell.kind === 'register') at[field.number] = cell.at
    else if (cell.kind === 'counter') counted.push(field.number)
    else if (cell.kind === 'set') tags[field.number] = cell.elements
    else if (cell.kind === 'json') paths[field.number] = cell.paths
    return value
  })
  const state: RowState = {
    born,
    ...(some(at) ? { at } : {}),
    ...(counted.length ? { counted } : {}),
    ...(some(tags) ? { tags } : {}),
    ...(some(paths) ? { paths } : {}),
    ...cellsBeside(cells, shown),
  }
  return { values, state }
}

function cellsBeside(cells: Instance['cells'], shown: readonly number[]): Pick<RowState, 'cells'> {
  const fields = Object.keys(cells)
  if (fields.length === shown.length) return NOTHING_BESIDE
  const left = fields.filter(field => !shown.includes(Number(field)))
  return { cells: Object.fromEntries(left.map(field => [field, cells[Number(field)] as Cell])) }
}

const NOTHING_BESIDE: Pick<RowState, 'cells'> = {}

/** The instance back; `value` gives a column's content as the driver read it. */
export function decodeRow(
  { columns }: EntityTable,
  state: RowState,
  value: (column: string) => Json,
): Instance {
  const cells: { [field: number]: Cell } = {}
  for (const [field, cell] of Object.entries(state.cells ?? {})) cells[Number(field)] = cell
  for (const { field, name } of columns) {
    const cell = decodeCell(field, state, () => fromColumn(field, value(name)))
    if (cell) cells[field.number] = cell
  }
  return { born: state.born, dead: null, cells }
}

function decodeCell({ number, crdt }: FieldIR, state: RowState, value: () => Json): Cell | undefined {
  if (crdt === 'register') {
    const at = state.at?.[number]
    return at === undefined ? undefined : { kind: 'register', at, value: value() }
  }
  if (crdt === 'counter') {
    return state.counted?.includes(number) ? { kind: 'counter', sum: String(value()) } : undefined
  }
  if (crdt === 'json') {
    const paths = state.paths?.[number]
    return paths && { kind: 'json', paths }
  }
  const elements = state.tags?.[number]
  return elements && { kind: 'set', elements }
}

function some(object: object): boolean {
  return Object.keys(object).length > 0
}

/** The tags of an edge, or none. */
export function edgeTags({ cells }: Instance): Tags {
  const cell = cells[0]
  return cell?.kind === 'edge' ? cell.tags : {}
}

export function edgeInstance(tags: Tags): Instance {
  return { born: null, dead: null, cells: { 0: { kind: 'edge', tags } } }
}

/** Whether an instance carries anything that must be kept. */
export function holdsState({ born, dead, cells }: Instance): boolean {
  if (born !== null || dead !== null) return true
  return Object.values(cells).some(cell => cell.kind !== 'edge' || some(cell.tags))
}

import { encodeBytes } from '../base64url.ts'
import type { Instance } from '../change/instance.ts'
import { BLANK_TEXT, type TextContent } from '../change/kinds/text.ts'
import { cellValue } from '../change/value.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { FieldIR } from '../ir/ir.ts'
import { isReference } from '../ir/refer.ts'
import type { Json } from '../json.ts'
import type { Lookup } from '../query/evaluate.ts'
import { targetOf } from '../query/path.ts'
import { type Row, stateOf } from '../query/query.ts'
import { compareText } from '../query/scalar.ts'

/** A text's content by its field's number; undefined: nobody has written yet. */
export type TextsOfRow = (field: number) => TextContent | undefined

/** A visible instance as the row that readers see; texts are no part of the instance and given. O(fields). */
export function rowOf({ ir }: EntityView, id: string, { cells }: Instance, texts?: TextsOfRow): Row {
  const row: { id: string; [field: string]: Json } = { id }
  for (const field of ir.fields) {
    if (field.crdt === 'text') {
      const content = texts?.(field.number) ?? BLANK_TEXT
      row[field.name] = content.plain
      row[stateOf(field.name)] = encodeBytes(content.state)
      continue
    }
    const cell = cells[field.number]
    row[field.name] = cell?.kind === field.crdt ? cellValue(cell) : blankOf(field)
  }
  return row
}

/** What a field without any op shows: a counter 0, a set nothing, a document `{}`, a required register its default. */
export function blankOf({ crdt, optional, default: literal = null }: FieldIR): Json {
  if (crdt === 'counter') return '0'
  if (crdt === 'set') return []
  if (crdt === 'text') return ''
  if (crdt === 'json') return {}
  return optional ? null : literal
}

/** One state of one tenant's visible rows; it never changes. */
export interface RowSource extends Lookup {
  rows(entity: string): Iterable<Row>
  /** The ids that edges of a relation lead to from one end, whether those rows are there or not. */
  ends(relation: string, end: 'from' | 'to', id: string): Iterable<string>
}

/** Visible rows and edges in Maps, with an index per to-one field and one per end of each many-to-many relation. */
export interface RowStore {
  /** Adds or replaces. O(to-one fields), and once after each snapshot the size of what is touched. */
  putRow(entity: string, row: Row): void
  dropRow(entity: string, id: string): void
  /** May come before its rows do; it shows once both ends are there. */
  putEdge(relation: string, from: string, to: string): void
  dropEdge(relation: string, from: string, to: string): void
  /** As it is now, without a snapshot. */
  row(entity: string, id: string): Row | null
  /** The state as it is now. O(entities): what is written later copies first. */
  snapshot(): RowSource
}

/** Id -> ids that stand in some relation to it. */
type Index = Map<string, Owned<Set<string>>>

/** Content that may be changed in place only in the epoch it was copied in; each snapshot starts an epoch. */
interface Owned<C> {
  readonly epoch: number
  readonly content: C
}

interface State {
  /** By entity. */
  readonly rows: Map<string, Owned<Map<string, Row>>>
  /** By to-one field (`Film.director`) or end of a relation (`Film.tags from`). */
  readonly indexes: Map<string, Owned<Index>>
}

export function createRowStore(catalog: Catalog): RowStore {
  let epoch = 0
  let state: State = { rows: new Map(), indexes: new Map() }

  const own = <C>(parent: Map<string, Owned<C>>, key: string, copy: (content?: C) => C): C => {
    const known = parent.get(key)
    if (known?.epoch === epoch) return known.content
    const content = copy(known?.content)
    parent.set(key, { epoch, content })
    return content
  }
  const rowsOf = (entity: string) => own(state.rows, entity, (rows?: Map<string, Row>) => new Map(rows))
  const indexOf = (name: string) => own(state.indexes, name, (index?: Index) => new Map(index))

  const note = (name: string, at: string, id: string): void => {
    own(indexOf(name), at, (ids?: Set<string>) => new Set(ids)).add(id)
  }
  const forget = (name: string, at: string, id: string): void => {
    const index = indexOf(name)
    const ids = own(index, at, (ids?: Set<string>) => new Set(ids))
    ids.delete(id)
    if (ids.size === 0) index.delete(at)
  }

  const moveReferences = (entity: string, old: Row | undefined, now: Row | undefined): void => {
    for (const { name, type } of catalog.entity(entity).ir.fields) {
      if (!isReference(type)) continue
      const before = old?.[name]
      const after = now?.[name]
      if (before === after) continue
      if (typeof before === 'string' && old) forget(fieldIndex(entity, name), before, old.id)
      if (typeof after === 'string' && now) note(fieldIndex(entity, name), after, now.id)
    }
  }

  return {
    putRow: (entity, row) => {
      const rows = rowsOf(entity)
      moveReferences(entity, rows.get(row.id), row)
      rows.set(row.id, row)
    },
    dropRow: (entity, id) => {
      const rows = rowsOf(entity)
      moveReferences(entity, rows.get(id), undefined)
      rows.delete(id)
    },
    putEdge: (relation, from, to) => {
      note(endIndex(relation, 'from'), from, to)
      note(endIndex(relation, 'to'), to, from)
    },
    dropEdge: (relation, from, to) => {
      forget(endIndex(relation, 'from'), from, to)
      forget(endIndex(relation, 'to'), to, from)
    },
    row: (entity, id) => state.rows.get(entity)?.content.get(id) ?? null,
    snapshot: () => {
      const frozen = state
      epoch++
      state = { rows: new Map(state.rows), indexes: new Map(state.indexes) }
      return sourceOf(catalog, frozen)
    },
  }
}

function sourceOf(catalog: Catalog, { rows, indexes }: State): RowSource {
  const row = (entity: string, id: string): Row | null => rows.get(entity)?.content.get(id) ?? null
  return {
    rows: entity => rows.get(entity)?.content.values() ?? [],
    row,
    ends: (relation, end, id) => indexes.get(endIndex(relation, end))?.content.get(id)?.content ?? [],
    related: (entity, name, id) => {
      const relation = catalog.entity(entity).inverses.get(name)
      if (!relation) throw new Error(`${entity} has no relation ${name}`)
      const index =
        relation.kind === 'edges'
          ? endIndex(relation.relation, relation.end)
          : fieldIndex(relation.from, relation.via)
      const ids = [...(indexes.get(index)?.content.get(id)?.content ?? [])]
      // More than one row may claim to be the single one until the writer has judged them: the first id stands.
      if (relation.kind === 'single') ids.sort(compareText)
      const target = targetOf(catalog, relation)
      return ids.map(other => row(target, other)).filter(other => other !== null)
    },
  }
}

function fieldIndex(entity: string, field: string): string {
  return `${entity}.${field}`
}

/** The edges seen from one end: its ids, each with the ids at the other end. */
function endIndex(relation: string, end: 'from' | 'to'): string {
  return `${relation} ${end}`
}

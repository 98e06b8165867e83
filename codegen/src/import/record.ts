import { keyId } from '@zg/core/change/id'
import { isList, type Json } from '@zg/core/json'
import { fit, isJson } from './fit.ts'
import {
  type AnyKeyValue,
  columnsOf,
  type EdgeRule,
  type FieldRule,
  type KeyValue,
  type RowRule,
  type Value,
} from './mapping.ts'
import type { Source, SourceRow } from './source.ts'
import { perform, type Repair, show } from './step.ts'

/** What one row of a source asks for. */
export interface Wanted {
  readonly rule: RowRule
  readonly row: SourceRow
  readonly id: string
  /** By field name: values, ids, or the ids of a many-to-many. */
  readonly fields: ReadonlyMap<string, Json>
  readonly remarks: readonly Remark[]
}

/** One edge that a row asks for. */
export interface WantedEdge {
  readonly rule: EdgeRule
  readonly row: SourceRow
  readonly of: string
  readonly add: string
  readonly remarks: readonly Remark[]
}

/** What was done to a value, for the report. */
export interface Remark {
  readonly field: string
  readonly column: string
  readonly what: Repair | 'missing'
  readonly from: Json
  readonly to: Json
}

/** Why a row cannot be imported. */
export interface Refused {
  readonly column: string | null
  readonly code: string
  readonly message: string
}

export type Read<T> =
  | { readonly kind: 'wanted'; readonly wanted: readonly T[] }
  | { readonly kind: 'refused'; readonly refused: Refused }

/** Reads the rows of an entity off one row of a source: one, or for split keys one per element, or none. */
export function readRow(rule: RowRule, source: Source, row: SourceRow): Read<Wanted> {
  const fields = new Map<string, Json>()
  const remarks: Remark[] = []
  for (const each of rule.fields) {
    const made = evaluate(each.value, source, row, each.name, remarks)
    if (made.kind === 'refused') return made
    const value = each.kind === 'edges' ? listOf(made.value) : made.value
    if (value === null) {
      const problem = missing(rule, each)
      if (problem) return { kind: 'refused', refused: problem }
      remarks.push({
        field: each.name,
        column: columnsOf(each.value)[0] ?? '',
        what: 'missing',
        from: null,
        to: null,
      })
    }
    fields.set(each.name, value)
  }
  const keys = keysOf(rule, fields)
  const wanted = keys.map(key => ({
    rule,
    row,
    id: keyId(
      rule.entity.ir.prefix,
      key.map(([, value]) => value),
    ),
    fields: new Map([...fields, ...key]),
    remarks,
  }))
  return { kind: 'wanted', wanted }
}

/** The values of the natural key, once per row to make. */
function keysOf(
  rule: RowRule,
  fields: ReadonlyMap<string, Json>,
): readonly (readonly (readonly [string, Json])[])[] {
  const { key } = rule.entity.ir
  const values = key.map(name => fields.get(name) ?? null)
  const [only] = values
  const [name = ''] = key
  if (key.length === 1 && only !== undefined && isList(only)) return only.map(value => [[name, value]])
  return [key.map((part, i) => [part, values[i] ?? null])]
}

function missing(rule: RowRule, { name, value, kind }: FieldRule): Refused | null {
  const field = rule.entity.fields.get(name)
  if (kind === 'edges' || !field || field.crdt !== 'register' || field.optional) return null
  // Not in keys: rows that lack a part of it would all be one.
  if ((field.default !== undefined || field.authored) && !rule.entity.ir.key.includes(name)) return null
  const [column = null] = columnsOf(value)
  return { column, code: 'REQUIRED', message: `${rule.entity.name}.${name} is required and the row has none` }
}

/** Reads an edge off one row: none where either end is missing would be a loss, so that is refused. */
export function readEdge(rule: EdgeRule, source: Source, row: SourceRow): Read<WantedEdge> {
  const remarks: Remark[] = []
  const of = evaluate(rule.of, source, row, rule.inverse.name, remarks)
  if (of.kind === 'refused') return of
  const add = evaluate(rule.add, source, row, rule.inverse.name, remarks)
  if (add.kind === 'refused') return add
  if (typeof of.value !== 'string' || add.value === null) {
    const [column = null] = columnsOf(of.value === null ? rule.of : rule.add)
    const message = `${rule.entity.name}.${rule.inverse.name} needs both ends and the row has only one`
    return { kind: 'refused', refused: { column, code: 'REQUIRED', message } }
  }
  const from = of.value
  return {
    kind: 'wanted',
    wanted: (listOf(add.value) ?? []).map(id => ({ rule, row, of: from, add: String(id), remarks })),
  }
}

function listOf(value: Json): readonly Json[] | null {
  if (value === null) return null
  return isList(value) ? value : [value]
}

type Made =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'refused'; readonly refused: Refused }

function evaluate(value: Value, source: Source, row: SourceRow, name: string, remarks: Remark[]): Made {
  switch (value.kind) {
    case 'literal':
      return literal(value)
    case 'key':
      return reference(value, source, row)
    case 'oneOf':
      return anyReference(value, source, row)
    case 'column':
      return column(value, source, row, name, remarks)
  }
}

function column(
  value: Extract<Value, { kind: 'column' }>,
  source: Source,
  row: SourceRow,
  field: string,
  remarks: Remark[],
): Made {
  let current = row.value(value.column)
  for (const step of value.steps) {
    const stepped = perform(step, current)
    if (stepped.kind === 'refused') return refuse(value.column, stepped)
    if (stepped.repair) {
      remarks.push({ field, column: value.column, what: stepped.repair, from: current, to: stepped.value })
    }
    current = stepped.value
  }
  if (isList(current) && value.field.crdt !== 'set' && !isJson(value.field))
    return fitList(value, current, source)
  const fitted = fit(value.field, current, source.textual)
  return fitted.kind === 'refused' ? refuse(value.column, fitted) : fitted
}

function literal({ field, value }: Extract<Value, { kind: 'literal' }>): Made {
  const fitted = fit(field, value, false)
  if (fitted.kind === 'value') return fitted
  return { kind: 'refused', refused: { column: null, code: fitted.code, message: fitted.message } }
}

/** A list in the place of one value: the split key of a many-to-many. */
function fitList(value: Extract<Value, { kind: 'column' }>, list: readonly Json[], source: Source): Made {
  const values: Json[] = []
  for (const element of list) {
    const fitted = fit(value.field, element, source.textual)
    if (fitted.kind === 'refused') return refuse(value.column, fitted)
    values.push(fitted.value)
  }
  return { kind: 'value', value: values }
}

/** The id of the row with that key; null where the row names none. What is done to values is told with their entity. */
function reference(key: KeyValue, source: Source, row: SourceRow): Made {
  const values: Json[] = []
  for (const part of key.parts) {
    const made = evaluate(part.value, source, row, part.field.name, [])
    if (made.kind === 'refused') return made
    values.push(made.value)
  }
  const { prefix } = key.entity.ir
  if (values.every(value => value === null)) return { kind: 'value', value: null }
  const lacking = key.parts[values.indexOf(null)]
  if (lacking) {
    const [column = null] = columnsOf(lacking.value)
    const message = `The row names a ${key.entity.name}, but not its ${lacking.field.name}`
    return { kind: 'refused', refused: { column, code: 'REQUIRED', message } }
  }
  const [only] = values
  if (values.length === 1 && only !== undefined && isList(only)) {
    return { kind: 'value', value: only.map(each => keyId(prefix, [each])) }
  }
  return { kind: 'value', value: keyId(prefix, values) }
}

/** The id of the only row that is named, or of the one of the entity that the row says. */
function anyReference({ by, of }: AnyKeyValue, source: Source, row: SourceRow): Made {
  const known = of.map(({ entity }) => entity.name).join(', ')
  if (by) {
    const said = evaluate(by, source, row, 'by', [])
    if (said.kind === 'refused' || said.value === null) return said
    const key = of.find(({ entity }) => entity.name === said.value)
    if (key) return reference(key, source, row)
    const [column = null] = columnsOf(by)
    const message = `${show(said.value)} is none of ${known}; translate it by a \`values\` step`
    return { kind: 'refused', refused: { column, code: 'UNKNOWN_VALUE', message } }
  }
  const named: Made[] = []
  for (const key of of) {
    const made = reference(key, source, row)
    if (made.kind === 'refused') return made
    if (made.value !== null) named.push(made)
  }
  const [only = { kind: 'value', value: null } as const, ...others] = named
  if (!others.length) return only
  const column = of.flatMap(columnsOf)[0] ?? null
  const message = `The row names more than one of ${known}; say which by \`by\``
  return { kind: 'refused', refused: { column, code: 'AMBIGUOUS', message } }
}

function refuse(
  column: string,
  { code, message }: { readonly code: string; readonly message: string },
): Made {
  return { kind: 'refused', refused: { column, code, message } }
}

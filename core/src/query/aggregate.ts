import type { ScalarName, TypeIR } from '../ir/ir.ts'
import type { Readable } from '../ir/readable.ts'
import { isReference } from '../ir/refer.ts'
import type { Json } from '../json.ts'
import type { Comparison, Expression } from './expression.ts'
import type { Under } from './query.ts'

/** Numbers about a whole list of rows, however long it is: of all of them, or one set of numbers per group. */
export interface AggregateQuery {
  readonly entity: string
  readonly where?: Expression
  readonly search?: string
  /** As `Query.under`; not together with `groups`. */
  readonly under?: Under
  readonly measures: readonly Measure[]
  /** Absent: all rows are one group, and so are none. */
  readonly groups?: Grouping
}

export type Measure = { readonly kind: 'count' } | { readonly kind: FieldMeasure; readonly field: string }

/** Over the values of a field, stored or computed; missing ones are left out. `countDistinct` is 0 where there is none, the others null. */
export type FieldMeasure = 'countDistinct' | 'sum' | 'avg' | 'min' | 'max'

/** Rows with equal keys are a group; missing values are equal here. */
export interface Grouping {
  readonly by: readonly GroupKey[]
  /** All of them hold. */
  readonly having: readonly GroupTest[]
  /** Ties are broken by the keys, rising. Nulls sort as greater than any value. */
  readonly order: readonly GroupOrder[]
  /** At most this many groups. */
  readonly limit: number
}

export interface GroupKey {
  /** Stored or computed. */
  readonly field: string
  /** Days and times are cut to the beginning of this, in UTC. */
  readonly unit?: GroupUnit
}

export type GroupUnit = 'year' | 'month' | 'day' | 'hour'

/** Two-valued, as every expression: false on null unless it asks for it. */
export type GroupTest =
  | { readonly kind: Comparison; readonly measure: Measure; readonly value: Json }
  | { readonly kind: 'in' | 'notIn'; readonly measure: Measure; readonly values: readonly Json[] }
  | { readonly kind: 'contains' | 'startsWith'; readonly measure: Measure; readonly text: string }
  | { readonly kind: 'isNull' | 'isNotNull'; readonly measure: Measure }

export type GroupOrder =
  /** `key` counts the keys from 0. */
  | { readonly key: number; readonly direction: 'asc' | 'desc' }
  | { readonly measure: Measure; readonly direction: 'asc' | 'desc' }

/** `values` in the order of the measures. */
export interface Group {
  readonly keys: readonly Json[]
  readonly values: readonly Json[]
}

/** What can be measured of a scalar. Whoever adds one decides here. */
const MEASURED: { readonly [S in ScalarName]: 'number' | 'value' | 'nothing' } = {
  id: 'value',
  string: 'value',
  int: 'number',
  float: 'number',
  boolean: 'nothing',
  datetime: 'value',
  date: 'value',
  bigint: 'number',
  decimal: 'number',
  bytes: 'nothing',
  json: 'nothing',
}

const INT: TypeIR = { kind: 'scalar', scalar: 'int' }
const FLOAT: TypeIR = { kind: 'scalar', scalar: 'float' }
const BIGINT: TypeIR = { kind: 'scalar', scalar: 'bigint' }

/**
 * The type of a measure of a field; null if the field has none of that kind. Sums of int and bigint are bigint of
 * any length, of decimals decimal, of floats float. An average is the exact sum as a double, divided by the count.
 */
export function measureType(field: Omit<Readable, 'name'>, kind: FieldMeasure): TypeIR | null {
  const { type } = field
  if (kind === 'countDistinct') return isGroupable(field) ? INT : null
  if (!isGroupable(field) || isReference(type)) return null
  const measured = type.kind === 'enum' ? 'value' : MEASURED[type.scalar]
  if (measured === 'nothing') return null
  if (kind === 'min' || kind === 'max') return type
  if (measured !== 'number' || type.kind !== 'scalar') return null
  if (kind === 'avg') return FLOAT
  return type.scalar === 'int' ? BIGINT : type
}

/** Whether rows can be grouped by the field, and its distinct values counted. */
export function isGroupable({ type, crdt }: Omit<Readable, 'name'>): boolean {
  if (crdt !== 'register' && crdt !== 'counter') return false
  return type.kind !== 'scalar' || type.scalar === 'boolean' || MEASURED[type.scalar] !== 'nothing'
}

/** The type of any measure; throws for what `checkAggregate` refuses. */
export function resultType(fields: ReadonlyMap<string, Readable>, measure: Measure): TypeIR {
  if (measure.kind === 'count') return INT
  const field = fields.get(measure.field)
  const type = field && measureType(field, measure.kind)
  if (!type) throw new Error(`There is no ${measure.kind} of ${measure.field}`)
  return type
}

/** The fields that an aggregate query reads of its rows, beside those of its filter; each once. */
export function fieldsRead({
  measures,
  groups,
}: Pick<AggregateQuery, 'measures' | 'groups'>): readonly string[] {
  const { by = [], having = [], order = [] } = groups ?? {}
  const all = [
    ...measures,
    ...having.map(({ measure }) => measure),
    ...order.flatMap(item => ('measure' in item ? [item.measure] : [])),
  ]
  const measured = all.flatMap(measure => (measure.kind === 'count' ? [] : [measure.field]))
  return [...new Set([...by.map(({ field }) => field), ...measured])]
}

/** Equal for equal measures: `sum bytes`. */
export function measureKey(measure: Measure): string {
  return measure.kind === 'count' ? 'count' : `${measure.kind} ${measure.field}`
}

/** The measure of a key. */
export function measureOf(key: string): Measure {
  const [kind, field] = key.split(' ')
  return field === undefined ? { kind: 'count' } : { kind: kind as FieldMeasure, field }
}

/** The beginning of the unit that a day or time lies in. Both forms have their digits at the same places. */
export function truncate(value: string, unit: GroupUnit): string {
  const kept = { year: 4, month: 7, day: 10, hour: 13 }[unit]
  return value.slice(0, kept) + '0000-01-01T00:00:00.000Z'.slice(kept, value.length)
}

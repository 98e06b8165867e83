import type { Catalog } from '../ir/catalog.ts'
import { searchedFields } from '../ir/fulltext.ts'
import type { TypeIR } from '../ir/ir.ts'
import type { Readable } from '../ir/readable.ts'
import { canonical, type Json } from '../json.ts'
import {
  type AggregateQuery,
  fieldsRead,
  type Group,
  type Grouping,
  type GroupKey,
  type GroupTest,
  type Measure,
  resultType,
  truncate,
} from './aggregate.ts'
import { COMPARISONS, type Lookup, predicate, TEXT_TESTS } from './evaluate.ts'
import { nullsGreatest } from './order.ts'
import type { Row } from './query.ts'
import { type Compare, compareOf, familyOf } from './scalar.ts'
import { searcher } from './search.ts'
import { exactSum, sumNumber, sumText } from './sum.ts'
import { computedReads } from './value.ts'

/** Rows in memory, all of an entity or by relation. */
export interface Rows extends Lookup {
  rows(entity: string): Iterable<Row>
}

/** What an aggregate query asks for, counted row by row (`Snapshot.aggregates`; store/compile means the same in SQL). O(candidates), and sorting the groups. */
export function aggregates(
  catalog: Catalog,
  source: Rows,
  query: AggregateQuery,
): readonly (readonly Group[])[] {
  const { entity, where, search, under } = query
  const holds = where && predicate(catalog, entity, where)
  const found = search === undefined ? null : searcher(searchedFields(catalog.entity(entity).ir), search)
  const groupsOf = grouper(catalog, source, query)
  const counted = (rows: Iterable<Row>) =>
    groupsOf([...rows].filter(row => (!holds || holds(row, source)) && (!found || found.matches(row))))
  if (!under) return [counted(source.rows(entity))]
  return under.ids.map(id => counted(source.related(under.entity, under.relation, id)))
}

function grouper(catalog: Catalog, source: Rows, query: AggregateQuery) {
  const { entity, measures, groups } = query
  const { readable: fields } = catalog.entity(entity)
  const valueIn = reader(catalog, source, query)
  const measure = measurer(fields, valueIn)
  if (!groups) {
    return (rows: readonly Row[]): readonly Group[] => [
      { keys: [], values: measures.map(one => measure(one, rows)) },
    ]
  }
  const { by, having, limit } = groups
  const tests = having.map(test => tester(fields, test))
  const compare = sorter(fields, groups)
  return (rows: readonly Row[]): readonly Group[] => {
    const found = new Map<string, { readonly keys: readonly Json[]; readonly rows: Row[] }>()
    for (const row of rows) {
      const keys = by.map(({ field, unit }) => cut(valueIn(row, field), unit))
      const name = canonical(keys)
      const known = found.get(name)
      if (known) known.rows.push(row)
      else found.set(name, { keys, rows: [row] })
    }
    const made = [...found.values()].map(group => ({
      keys: group.keys,
      of: (one: Measure) => measure(one, group.rows),
    }))
    return made
      .filter(({ of }) => tests.every(test => test(of)))
      .sort(compare)
      .slice(0, limit)
      .map(({ keys, of }) => ({ keys, values: measures.map(of) }))
  }
}

interface Made {
  readonly keys: readonly Json[]
  readonly of: (measure: Measure) => Json
}

type ValueIn = (row: Row, field: string) => Json

/** A field of a row, which is computed if it must be: once per row, however many measures look at it. */
function reader(catalog: Catalog, source: Rows, query: AggregateQuery): ValueIn {
  const computed = new Map(computedReads(catalog, query.entity, fieldsRead(query)))
  if (!computed.size) return (row, field) => row[field] ?? null
  const made = new Map<Row, Map<string, Json>>()
  return (row, field) => {
    const read = computed.get(field)
    if (!read) return row[field] ?? null
    const known = made.get(row) ?? new Map<string, Json>()
    made.set(row, known)
    const value = known.has(field) ? (known.get(field) ?? null) : read(row, source)
    known.set(field, value)
    return value
  }
}

function cut(value: Json, unit: GroupKey['unit']): Json {
  return unit && typeof value === 'string' ? truncate(value, unit) : value
}

function measurer(fields: ReadonlyMap<string, Readable>, valueIn: ValueIn) {
  return (measure: Measure, rows: readonly Row[]): Json => {
    if (measure.kind === 'count') return rows.length
    const { kind, field } = measure
    const values = rows.map(row => valueIn(row, field)).filter(value => value !== null)
    if (kind === 'countDistinct') return new Set(values).size
    if (!values.length) return null
    const own = fields.get(field)
    if (!own) throw new Error(`There is no field ${field}`)
    if (kind === 'sum') return summed(resultType(fields, measure), values)
    if (kind === 'avg') {
      const sum = sumNumber(exactSum(values.map(String)))
      return sum === null ? null : sum / values.length
    }
    const compare = compareOf(familyOf(own.type))
    const sign = kind === 'min' ? 1 : -1
    return values.reduce((best, value) => (compare(value, best) * sign < 0 ? value : best))
  }
}

function summed(type: TypeIR, values: readonly Json[]): Json {
  const sum = exactSum(values.map(String))
  if (type.kind !== 'scalar') throw new Error('Only numbers have a sum')
  if (type.scalar === 'float') return sumNumber(sum)
  return sumText(sum, type.scalar === 'decimal' ? type.scale : 0)
}

type GroupPredicate = (of: Made['of']) => boolean

function tester(fields: ReadonlyMap<string, Readable>, test: GroupTest): GroupPredicate {
  const { measure } = test
  switch (test.kind) {
    case 'isNull':
    case 'isNotNull':
      return of => (of(measure) === null) === (test.kind === 'isNull')
    case 'in':
    case 'notIn': {
      const values = new Set(test.values)
      return of => {
        const value = of(measure)
        return value !== null && values.has(value) === (test.kind === 'in')
      }
    }
    case 'contains':
    case 'startsWith': {
      const holds = TEXT_TESTS[test.kind]
      return of => {
        const value = of(measure)
        return typeof value === 'string' && holds(value, test.text)
      }
    }
    default: {
      const compare = compareOf(familyOf(resultType(fields, measure)))
      const holds = COMPARISONS[test.kind]
      return of => {
        const value = of(measure)
        return value !== null && holds(compare(value, test.value))
      }
    }
  }
}

function sorter(fields: ReadonlyMap<string, Readable>, { by, order }: Grouping) {
  const keyType = ({ field }: GroupKey): TypeIR => {
    const type = fields.get(field)?.type
    if (!type) throw new Error(`There is no field ${field}`)
    return type
  }
  const keys = by.map((key, i) => part(keyType(key), 'asc', ({ keys }) => keys[i] ?? null))
  const parts = order.map(item => {
    if ('measure' in item) {
      return part(resultType(fields, item.measure), item.direction, ({ of }) => of(item.measure))
    }
    const key = by[item.key]
    if (!key) throw new Error(`There is no key ${item.key}`)
    return part(keyType(key), item.direction, ({ keys }) => keys[item.key] ?? null)
  })
  return (a: Made, b: Made): number => {
    for (const compare of [...parts, ...keys]) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

function part(type: TypeIR, direction: 'asc' | 'desc', value: (made: Made) => Json) {
  const compare: Compare = nullsGreatest(compareOf(familyOf(type)))
  return (a: Made, b: Made): number => compare(value(a), value(b)) * (direction === 'asc' ? 1 : -1)
}

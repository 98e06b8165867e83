import type { Catalog } from '../ir/catalog.ts'
import type { Readable } from '../ir/readable.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import {
  type AggregateQuery,
  type Grouping,
  type GroupKey,
  type GroupTest,
  isGroupable,
  type Measure,
  measureType,
  resultType,
} from './aggregate.ts'
import { checkQuery, LIST_LIMIT } from './check.ts'
import { familyOf, parseValue } from './scalar.ts'

/** A query measures at most so many things, tests groups by so many, and groups by so few. */
const MEASURE_LIMIT = 200
const KEY_LIMIT = 10

/**
 * Everything that keeps an aggregate query from being answered: what `checkQuery` finds in its filter and parents,
 * `UNKNOWN_FIELD`, `BAD_MEASURE` (of a field that has none of the kind), `BAD_GROUP`, `BAD_VALUE`, `TOO_LARGE`.
 */
export function checkAggregate(catalog: Catalog, query: AggregateQuery): readonly Problem[] {
  const { entity, where, search, under, measures, groups } = query
  const order = [{ path: ['id'], direction: 'asc' } as const]
  const problems = checkQuery(catalog, {
    entity,
    fields: [],
    order,
    ...(where ? { where } : {}),
    ...(search === undefined ? {} : { search }),
    ...(under ? { under } : {}),
  })
  if (problems.length) return problems
  if (under && groups) return [problem('BAD_GROUP', ['groups'], 'Rows below parents cannot be grouped')]
  const { readable: fields } = catalog.entity(entity)
  const large = measures.length > MEASURE_LIMIT
  return [
    ...(large ? [problem('TOO_LARGE', ['measures'], `At most ${MEASURE_LIMIT} measures at once`)] : []),
    ...measures.flatMap((measure, i) => checkMeasure(fields, measure, ['measures', String(i)])),
    ...(groups ? checkGroups(fields, groups) : []),
  ]
}

type Fields = ReadonlyMap<string, Readable>

function checkMeasure(fields: Fields, measure: Measure, path: readonly string[]): readonly Problem[] {
  if (measure.kind === 'count') return []
  const field = fields.get(measure.field)
  if (!field) return [problem('UNKNOWN_FIELD', path, `There is no field ${measure.field}`)]
  if (measureType(field, measure.kind)) return []
  return [problem('BAD_MEASURE', path, `${measure.field} has no ${measure.kind}`)]
}

function checkGroups(fields: Fields, { by, having, order, limit }: Grouping): readonly Problem[] {
  const bad = (path: string, message: string): Problem => problem('BAD_GROUP', [path], message)
  if (!by.length) return [bad('by', 'Name at least one field to group by')]
  if (by.length > KEY_LIMIT) return [bad('by', `At most ${KEY_LIMIT} fields to group by`)]
  if (having.length > MEASURE_LIMIT) {
    return [problem('TOO_LARGE', ['having'], `At most ${MEASURE_LIMIT} conditions on a group`)]
  }
  if (!Number.isSafeInteger(limit) || limit < 0) return [bad('first', 'A limit is an integer from 0 up')]
  return [
    ...by.flatMap((key, i) => checkKey(fields, key, by.slice(0, i))),
    ...having.flatMap((test, i) => checkTest(fields, test, ['having', String(i)])),
    ...order.flatMap((item, i) => {
      const path = ['orderBy', String(i)]
      if ('measure' in item) return checkMeasure(fields, item.measure, path)
      return by[item.key] ? [] : [problem('BAD_GROUP', path, `There is no key ${item.key} in \`by\``)]
    }),
  ]
}

function checkKey(
  fields: Fields,
  { field, unit }: GroupKey,
  others: readonly GroupKey[],
): readonly Problem[] {
  const known = fields.get(field)
  if (!known) return [problem('UNKNOWN_FIELD', ['by'], `There is no field ${field}`)]
  if (!isGroupable(known)) return [problem('BAD_GROUP', ['by'], `Rows cannot be grouped by ${field}`)]
  if (others.some(other => other.field === field)) {
    return [problem('BAD_GROUP', ['by'], `${field} stands in \`by\` twice`)]
  }
  const { type } = known
  const timed = type.kind === 'scalar' && (type.scalar === 'date' || type.scalar === 'datetime')
  if (unit === undefined || timed) return []
  return [problem('BAD_GROUP', ['by'], `${field} is no day or time; it has no ${unit}`)]
}

function checkText(
  fields: Fields,
  { kind, measure, text }: Extract<GroupTest, { readonly text: string }>,
  path: readonly string[],
): readonly Problem[] {
  if (familyOf(resultType(fields, measure)) !== 'text') {
    return [problem('BAD_OPERAND', path, `${kind} asks for text`)]
  }
  const parsed = parseValue({ kind: 'scalar', scalar: 'string' }, text)
  return parsed.ok ? [] : [problem('BAD_VALUE', path, parsed.message)]
}

function checkTest(fields: Fields, test: GroupTest, path: readonly string[]): readonly Problem[] {
  const problems = checkMeasure(fields, test.measure, path)
  if (problems.length) return problems
  if ('text' in test) return checkText(fields, test, path)
  if (!('value' in test || 'values' in test)) return []
  const values = 'values' in test ? test.values : [test.value]
  if (values.length > LIST_LIMIT) {
    return [problem('TOO_LARGE', path, `A list holds ${LIST_LIMIT} values at most`)]
  }
  const type = resultType(fields, test.measure)
  return values.flatMap((value: Json) => {
    const parsed = parseValue(type, value)
    if (parsed.ok && parsed.value === value) return []
    const message = parsed.ok ? `It must be written as ${JSON.stringify(parsed.value)}` : parsed.message
    return [problem('BAD_VALUE', path, message)]
  })
}

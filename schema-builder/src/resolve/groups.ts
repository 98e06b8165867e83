import type { EntityView } from '@zg/core/ir/catalog'
import type { EntityNames } from '@zg/core/ir/names'
import type { Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import {
  type AggregateQuery,
  type FieldMeasure,
  type Group,
  type GroupKey,
  type GroupOrder,
  type GroupTest,
  type GroupUnit,
  type Measure,
  resultType,
} from '@zg/core/query/aggregate'
import { checkAggregate } from '@zg/core/query/checkAggregate'
import type { Row } from '@zg/core/query/query'
import { parseValue } from '@zg/core/query/scalar'
import { type GraphQLObjectType, type GraphQLResolveInfo, getNamedType } from 'graphql'
import { type Totals, totalsOf } from '../execute/loads.ts'
import { chain } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'
import { membersOf } from './members.ts'
import { PAGE_DEFAULT, PAGE_LIMIT } from './page.ts'
import { reachOf } from './reach.ts'
import { refusal } from './refusal.ts'
import { measuresOf, memberNodes } from './selection.ts'
import { whereOf } from './where.ts'

/** What `MovieGroup` is resolved from: its keys look like a row that has only those fields. */
interface Found {
  readonly keys: Row
  readonly totals: Totals
}

/** One kind of the numbers in an aggregate: the count itself, the others by field. */
export function measured(totals: Totals, kind: Measure['kind']): Json {
  if (kind === 'count') return totals.count ?? 0
  const prefix = `${kind} `
  return Object.fromEntries(
    Object.entries(totals).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}

/** The groups of an entity's rows. Throws `PAGE_SIZE`, `NULL_COMPARISON` and what `checkAggregate` finds. */
export function groups(
  operation: Operation,
  entity: string,
  args: Readonly<Record<string, unknown>>,
  info: GraphQLResolveInfo,
): MaybePromise<readonly Found[]> {
  const query = operation.once(info.fieldNodes, () => queryOf(operation, entity, args, info))
  const by = query.groups?.by ?? []
  return chain(operation.groups(query), found => found.map(group => foundOf(by, query.measures, group)))
}

function foundOf(by: readonly GroupKey[], measures: readonly Measure[], group: Group): Found {
  const keys = Object.fromEntries(by.map(({ field }, i) => [field, group.keys[i] ?? null]))
  return { keys: { ...keys, id: '' }, totals: totalsOf(measures, [group]) }
}

function queryOf(
  operation: Operation,
  name: string,
  args: Readonly<Record<string, unknown>>,
  info: GraphQLResolveInfo,
): AggregateQuery {
  const { catalog, names } = operation.services
  const own = names.entities[name]
  if (!own) throw new Error(`No names for entity ${name}`)
  const entity = catalog.entity(name)
  const where = whereOf(catalog, names, name, args.where)
  const by = (args.by as readonly string[]).map(field => keyOf(entity, field, args.unit))
  const query: AggregateQuery = {
    entity: name,
    where,
    measures: measuresIn(info),
    groups: {
      by,
      having: havingOf(entity, own, args.having),
      order: orderOf(entity, own, by, args.orderBy),
      limit: limitOf(args.first),
    },
  }
  const [problem] = checkAggregate(catalog, query)
  if (problem) {
    const argument = ['where', 'by', 'having', 'orderBy'].find(one => one === problem.path[0])
    throw refusal(problem.code, argument ? [argument] : [], problem.message)
  }
  for (const reached of reachOf(catalog, name, where)) operation.touched.add(reached)
  return query
}

function measuresIn(info: GraphQLResolveInfo): readonly Measure[] {
  const group = getNamedType(info.returnType) as GraphQLObjectType
  const aggregate = getNamedType(group.getFields().aggregate?.type) as GraphQLObjectType
  return measuresOf(info, memberNodes(info, info.fieldNodes, group, 'aggregate'), aggregate)
}

/** The unit is for all days and times in `by`, and says nothing about the others. */
function keyOf({ readable }: EntityView, field: string, unit: unknown): GroupKey {
  const type = readable.get(field)?.type
  const timed = type?.kind === 'scalar' && (type.scalar === 'date' || type.scalar === 'datetime')
  return timed && typeof unit === 'string' ? { field, unit: unit as GroupUnit } : { field }
}

type Input = Readonly<Record<string, unknown>>

function havingOf(entity: EntityView, names: EntityNames, input: unknown): readonly GroupTest[] {
  if (input === undefined || input === null) return []
  return Object.entries(present(input, ['having'])).flatMap(([kind, given]) => {
    const filter = present(given, ['having', kind])
    if (kind === 'count') return testsOf(entity, { kind: 'count' }, filter, ['having', kind])
    return Object.entries(filter).flatMap(([name, operators]) => {
      const path = ['having', kind, name]
      const measure: Measure = { kind: kind as FieldMeasure, field: declared(entity, names, name) }
      return testsOf(entity, measure, present(operators, path), path)
    })
  })
}

function testsOf(
  { readable }: EntityView,
  measure: Measure,
  operators: Input,
  path: readonly string[],
): readonly GroupTest[] {
  const type = resultType(readable, measure)
  // Decimals have one form per scale, and a filter may leave out what is not needed to tell them.
  const normal = (value: Json): Json => {
    const parsed = parseValue(type, value)
    return parsed.ok ? parsed.value : value
  }
  return Object.entries(operators).map(([operator, given]): GroupTest => {
    const value = present(given, [...path, operator]) as unknown as Json
    switch (operator) {
      case 'isNull':
        return { kind: value === true ? 'isNull' : 'isNotNull', measure }
      case 'in':
      case 'notIn':
        return { kind: operator, measure, values: (Array.isArray(value) ? value : [value]).map(normal) }
      case 'contains':
      case 'startsWith':
        return { kind: operator, measure, text: String(value) }
      case 'eq':
      case 'ne':
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
        return { kind: operator, measure, value: normal(value) }
      default:
        throw new Error(`No operator ${operator}`)
    }
  })
}

function orderOf(
  entity: EntityView,
  names: EntityNames,
  by: readonly GroupKey[],
  input: unknown,
): readonly GroupOrder[] {
  const items = (input ?? []) as readonly Input[]
  return items.flatMap(item =>
    Object.entries(item).flatMap(([kind, value]): readonly GroupOrder[] => {
      if (kind === 'count') return [{ measure: { kind }, direction: value as 'asc' | 'desc' }]
      return Object.entries(value as Readonly<Record<string, 'asc' | 'desc'>>).map(([name, direction]) => {
        const field = declared(entity, names, name)
        if (kind !== 'key') return { measure: { kind: kind as FieldMeasure, field }, direction }
        const key = by.findIndex(one => one.field === field)
        if (key >= 0) return { key, direction }
        throw refusal('BAD_GROUP', ['orderBy'], `rows are not grouped by ${name}; add it to \`by\``)
      })
    }),
  )
}

function declared(entity: EntityView, names: EntityNames, name: string): string {
  return membersOf(entity, names).byName.get(name)?.name ?? name
}

function present(value: unknown, path: readonly string[]): Input {
  if (value !== null && value !== undefined) return value as Input
  throw refusal('NULL_COMPARISON', path, 'nothing equals null; leave it out, or use isNull')
}

function limitOf(first: unknown): number {
  if (first === undefined || first === null) return PAGE_DEFAULT
  if (typeof first === 'number' && first >= 0 && first <= PAGE_LIMIT) return first
  throw refusal(
    'PAGE_SIZE',
    ['first'],
    `at most ${PAGE_LIMIT} groups; narrow them with \`having\` or \`where\``,
  )
}

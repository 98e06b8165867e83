import type { EntityIR, FieldIR } from '@zg/core/ir/ir'
import { isReference } from '@zg/core/ir/refer'
import { targetOf } from '@zg/core/query/path'
import {
  type Definition,
  type DynamicBuilder,
  entityNames,
  fieldNames,
  type InputFields,
  type InputMap,
} from './builder.ts'
import { scalarType, valueType } from './value.ts'

type Operator = 'eq' | 'ne' | 'in' | 'notIn' | 'lt' | 'lte' | 'gt' | 'gte' | 'contains' | 'startsWith'

const EQUAL: readonly Operator[] = ['eq', 'ne', 'in', 'notIn']
const ORDERED: readonly Operator[] = [...EQUAL, 'lt', 'lte', 'gt', 'gte']

const OPERATORS: { readonly [scalar: string]: readonly Operator[] } = {
  ID: EQUAL,
  String: [...ORDERED, 'contains', 'startsWith'],
  Int: ORDERED,
  Float: ORDERED,
  Boolean: ['eq', 'ne'],
  BigInt: ORDERED,
  DateTime: ORDERED,
  Date: ORDERED,
  Decimal: ORDERED,
  Bytes: EQUAL,
  JSON: [],
}

const MEANING =
  'Every operator but `isNull` is false on a missing value. Text compares by code point, case-sensitively.'

/** `StringFilter` and the like for every scalar; `StringSetFilter` where the model has such sets. */
export function defineScalarFilters(definition: Definition): void {
  const { builder, catalog } = definition
  for (const [scalar, operators] of Object.entries(OPERATORS)) {
    defineValueFilter(builder, `${scalar}Filter`, scalar, operators)
  }
  const sets = catalog.model.entities.flatMap(entity =>
    entity.fields.filter(({ crdt }) => crdt === 'set').map(field => valueType(definition, entity, field)),
  )
  for (const type of new Set(sets)) if (type in OPERATORS) defineSetFilter(builder, `${type}SetFilter`, type)
}

/** Filters that belong to one entity: of its enums, its to-many relations, and the two over the whole. */
export function defineFilters(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  for (const field of entity.fields) {
    const { filter, enumType } = fieldNames(names, entity.name, field.name)
    if (!filter || !enumType) continue
    if (field.crdt === 'set') defineSetFilter(builder, filter, enumType)
    else defineValueFilter(builder, filter, enumType, EQUAL)
  }
  for (const inverse of entity.inverses) {
    const { filter } = fieldNames(names, entity.name, inverse.name)
    if (filter)
      defineManyFilter(builder, filter, entityNames(names, targetOf(definition.catalog, inverse)).where)
  }
  defineWhere(definition, entity)
  defineChangeWhere(definition, entity)
}

function defineValueFilter(
  builder: DynamicBuilder,
  name: string,
  type: string,
  operators: readonly Operator[],
): void {
  builder.inputType(name, {
    description: MEANING,
    fields: (t): InputMap => ({
      ...Object.fromEntries(
        operators.map(operator => {
          const listed = operator === 'in' || operator === 'notIn'
          return [operator, t.field({ type: listed ? [type] : type, required: false })]
        }),
      ),
      isNull: t.field({ type: 'Boolean', required: false }),
    }),
  })
}

function defineSetFilter(builder: DynamicBuilder, name: string, type: string): void {
  builder.inputType(name, {
    description: 'Tests of the elements of a set. An empty `hasAny` is false, an empty `hasAll` true.',
    fields: (t): InputMap => ({
      has: t.field({ type, required: false }),
      hasAny: t.field({ type: [type], required: false }),
      hasAll: t.field({ type: [type], required: false }),
    }),
  })
}

function defineManyFilter(builder: DynamicBuilder, name: string, where: string): void {
  builder.inputType(name, {
    description: 'Tests of the related rows. Without any, `every` and `none` are true.',
    fields: (t): InputMap => ({
      some: t.field({ type: where, required: false }),
      every: t.field({ type: where, required: false }),
      none: t.field({ type: where, required: false }),
    }),
  })
}

function defineWhere(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  builder.inputType(own.where, {
    description:
      'All members must hold. Empty is true. To ask for a missing to-one, test its `id` with `isNull`.',
    fields: (t): InputMap => ({
      ...combinators(t, own.where),
      ...Object.fromEntries(
        whereTypes(definition, entity).map(([name, type]) => [name, t.field({ type, required: false })]),
      ),
    }),
  })
}

/** The filter of each member: of relations, the one of the entity they lead to. */
function whereTypes(definition: Definition, entity: EntityIR): readonly (readonly [string, string])[] {
  const { names } = definition
  return [
    ...entity.fields.map(field => fieldFilter(definition, entity, field)),
    ...(entity.computed ?? []).map(
      ({ name, type }) =>
        [fieldNames(names, entity.name, name).graphql, `${scalarType(type)}Filter`] as const,
    ),
    ...inverseFilters(definition, entity),
  ]
}

function fieldFilter(
  definition: Definition,
  entity: EntityIR,
  field: FieldIR,
): readonly [name: string, type: string] {
  const { names } = definition
  const { graphql, filter } = fieldNames(names, entity.name, field.name)
  const { type } = field
  if (type.kind === 'ref') return [graphql, entityNames(names, type.to).where]
  return [graphql, (type.kind === 'refs' && filter) || filterType(definition, entity, field)]
}

function inverseFilters(
  { names, catalog }: Definition,
  entity: EntityIR,
): readonly (readonly [name: string, type: string])[] {
  return entity.inverses.map(inverse => {
    const { graphql, filter } = fieldNames(names, entity.name, inverse.name)
    return [graphql, filter ?? entityNames(names, targetOf(catalog, inverse)).where]
  })
}

/** Texts and computed fields are worked out beside the log, which a feed cannot follow; those of related rows are refused when asked. */
function defineChangeWhere(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  const members = [
    ...entity.fields
      .filter(({ crdt }) => crdt !== 'text')
      .map(field => fieldFilter(definition, entity, field)),
    ...inverseFilters(definition, entity),
  ]
  builder.inputType(own.changeWhere, {
    description: `Which rows to follow, as \`${own.where}\` says it, across relations too. Texts and computed fields cannot be followed, of related rows neither (\`TEXT_FILTER\`, \`COMPUTED_FILTER\`). A filter across relations may hold 10,000 rows at most (\`SHAPE_TOO_LARGE\`).`,
    fields: (t): InputMap => ({
      ...combinators(t, own.changeWhere),
      ...Object.fromEntries(members.map(([name, type]) => [name, t.field({ type, required: false })])),
    }),
  })
}

function combinators(t: InputFields, where: string): InputMap {
  return {
    and: t.field({ type: [where], required: false, description: 'All of these hold; true when empty.' }),
    or: t.field({
      type: [where],
      required: false,
      description: 'At least one of these holds; false when empty.',
    }),
    not: t.field({ type: [where], required: false, description: 'None of these holds.' }),
    id: t.field({ type: 'IDFilter', required: false }),
  }
}

function filterType(definition: Definition, entity: EntityIR, field: FieldIR): string {
  const { filter } = fieldNames(definition.names, entity.name, field.name)
  if (filter && !isReference(field.type)) return filter
  const type = valueType(definition, entity, field)
  return field.crdt === 'set' ? `${type}SetFilter` : `${type}Filter`
}

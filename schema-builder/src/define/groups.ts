import type { FieldMap } from '@pothos/core'
import type { EntityIR, TypeIR } from '@zg/core/ir/ir'
import type { Readable } from '@zg/core/ir/readable'
import type { FieldMeasure } from '@zg/core/query/aggregate'
import { PAGE_DEFAULT, PAGE_LIMIT } from '../resolve/page.ts'
import { groupableFields, measuredFields, measureGraphql } from './aggregate.ts'
import { type Definition, type DynamicBuilder, entityNames, fieldNames, type InputMap } from './builder.ts'
import { type Generated, generated } from './field.ts'
import { unionField } from './union.ts'
import { valueType } from './value.ts'

export function defineGroupUnit(builder: DynamicBuilder): void {
  builder.enumType('GroupUnit', {
    description: 'Days and times are cut to the beginning of one of these, in UTC.',
    values: Object.fromEntries(
      ['year', 'month', 'day', 'hour'].map(unit => [unit.toUpperCase(), { value: unit }]),
    ),
  })
}

/** `MovieGroup` and its keys, and what asks for groups. Nothing for an entity without a field to group by. */
export function defineGroups(definition: Definition, entity: EntityIR): void {
  const keys = groupableFields(entity)
  if (!keys.length) return
  const { builder, names } = definition
  const own = entityNames(names, entity.name).aggregates
  const nameOf = ({ name }: Readable) => fieldNames(names, entity.name, name).graphql
  builder.enumType(own.groupField, {
    values: Object.fromEntries(keys.map(field => [nameOf(field), { value: field.name }])),
  })
  builder.objectType(own.groupKeys, {
    description: 'What the rows of a group have in common; null also where it is not grouped by.',
    fields: (t): FieldMap =>
      Object.fromEntries(
        keys.map(field => [nameOf(field), generated(t, keyField(definition, entity, field))]),
      ),
  })
  builder.objectType(own.group, {
    fields: (t): FieldMap => ({
      keys: generated(t, {
        type: own.groupKeys,
        nullable: false,
        binding: { kind: 'property', name: 'keys' },
      }),
      aggregate: generated(t, { type: own.aggregate, nullable: false, binding: { kind: 'aggregate' } }),
    }),
  })
  defineHaving(definition, entity)
  defineGroupOrder(definition, entity)
}

function keyField(definition: Definition, entity: EntityIR, field: Readable): Generated {
  const { type } = field
  if (type.kind === 'refs') return unionField(definition, entity, field, type)
  if (type.kind !== 'ref') {
    return {
      type: valueType(definition, entity, field),
      nullable: true,
      binding: { kind: 'column', field: field.name },
    }
  }
  const target = entityNames(definition.names, type.to).type
  return { type: target, nullable: true, binding: { kind: 'one', field: field.name, to: type.to } }
}

/** `MovieHaving`: conditions on the numbers of a group, with the operators of their types. */
function defineHaving(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name).aggregates
  const filters: readonly (readonly [FieldMeasure, string])[] = [
    ['countDistinct', own.distinctFilter],
    ['sum', own.sumFilter],
    ['avg', own.averageFilter],
    ['min', own.extremesFilter],
    ['max', own.extremesFilter],
  ]
  const present = filters.filter(([kind]) => measuredFields(entity, kind).length)
  for (const [kind, name] of present) {
    if (kind === 'max') continue
    builder.inputType(name, {
      fields: (t): InputMap =>
        Object.fromEntries(
          measuredFields(entity, kind).map(({ field, type }) => {
            const { graphql } = fieldNames(names, entity.name, field.name)
            return [graphql, t.field({ type: filterOf(definition, entity, field, type), required: false })]
          }),
        ),
    })
  }
  builder.inputType(own.having, {
    description: 'All members must hold.',
    fields: (t): InputMap => ({
      count: t.field({ type: 'IntFilter', required: false }),
      ...Object.fromEntries(present.map(([kind, type]) => [kind, t.field({ type, required: false })])),
    }),
  })
}

function filterOf(definition: Definition, entity: EntityIR, field: Readable, type: TypeIR): string {
  const own = fieldNames(definition.names, entity.name, field.name).filter
  return (type.kind === 'enum' && own) || `${measureGraphql(definition, entity, field, type)}Filter`
}

/** `MovieGroupOrder`: a key or a number, and its direction. */
function defineGroupOrder(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name).aggregates
  const orders: readonly (readonly [string, string, readonly Readable[]])[] = [
    ['key', own.keyOrder, groupableFields(entity)],
    ['countDistinct', own.keyOrder, groupableFields(entity)],
    ['sum', own.numberOrder, measuredFields(entity, 'sum').map(({ field }) => field)],
    ['avg', own.numberOrder, measuredFields(entity, 'avg').map(({ field }) => field)],
    ['min', own.extremesOrder, measuredFields(entity, 'min').map(({ field }) => field)],
    ['max', own.extremesOrder, measuredFields(entity, 'max').map(({ field }) => field)],
  ]
  const present = orders.filter(([, , fields]) => fields.length)
  for (const [member, name, fields] of present) {
    // The same fields as another member's.
    if (member === 'countDistinct' || member === 'avg' || member === 'max') continue
    builder.inputType(name, {
      isOneOf: true,
      fields: (t): InputMap =>
        Object.fromEntries(
          fields.map(field => [
            fieldNames(names, entity.name, field.name).graphql,
            t.field({ type: 'OrderDirection', required: false }),
          ]),
        ),
    })
  }
  builder.inputType(own.groupOrder, {
    isOneOf: true,
    description: 'Exactly one. Missing values come last in ASC, first in DESC. Ties are broken by the keys.',
    fields: (t): InputMap => ({
      count: t.field({ type: 'OrderDirection', required: false }),
      ...Object.fromEntries(present.map(([member, type]) => [member, t.field({ type, required: false })])),
    }),
  })
}

/** `movieGroups`, as an entry of the root fields. */
export function groupsField(
  { builder, names }: Definition,
  entity: EntityIR,
): readonly (readonly [name: string, field: Generated])[] {
  if (!groupableFields(entity).length) return []
  const { where, aggregates: own } = entityNames(names, entity.name)
  const args = builder.args(t => ({
    by: t.field({ type: [own.groupField], required: true }),
    unit: t.field({
      type: 'GroupUnit',
      required: false,
      description: 'Cuts all days and times in `by`; absent: each value is a group.',
    }),
    where: t.field({ type: where, required: false, description: 'Which rows are grouped.' }),
    having: t.field({ type: own.having, required: false, description: 'Which groups are answered.' }),
    orderBy: t.field({ type: [own.groupOrder], required: false, description: 'Absent: by the keys.' }),
    first: t.field({
      type: 'Int',
      required: false,
      description: `How many groups: ${PAGE_DEFAULT} when absent, ${PAGE_LIMIT} at most. For more, let \`where\` begin behind the last key.`,
    }),
  }))
  const binding = { kind: 'groups', entity: entity.name } as const
  const description = 'Rows with equal values are a group; missing values are equal here.'
  return [[own.groups, { type: [own.group], nullable: false, binding, args, description }]]
}

import type { FieldMap } from '@pothos/core'
import type { EntityIR, TypeIR } from '@zg/core/ir/ir'
import { type Readable, readables } from '@zg/core/ir/readable'
import { type FieldMeasure, isGroupable, measureType } from '@zg/core/query/aggregate'
import { type Definition, entityNames, fieldNames } from './builder.ts'
import { generated } from './field.ts'
import { valueType } from './value.ts'

/** The fields of an entity, stored and computed, that have a measure, with its type. */
export function measuredFields(
  entity: EntityIR,
  kind: FieldMeasure,
): readonly { readonly field: Readable; readonly type: TypeIR }[] {
  return readables(entity).flatMap(field => {
    const type = measureType(field, kind)
    return type ? [{ field, type }] : []
  })
}

/** The GraphQL type of a measure; extremes have their field's own. */
export function measureGraphql(
  definition: Definition,
  entity: EntityIR,
  field: Readable,
  type: TypeIR,
): string {
  return valueType(definition, entity, { ...field, crdt: 'register', type })
}

/** `MovieAggregate` and the types of its members; members without any field are left out. */
export function defineAggregate(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name).aggregates
  const members: readonly (readonly [FieldMeasure, string, string])[] = [
    ['countDistinct', own.distinct, 'How many different values; missing ones are not counted.'],
    ['sum', own.sum, 'Exact; those of whole numbers may have more than 64 bits. Missing without any value.'],
    ['avg', own.average, 'The exact sum as a double, divided by the count. Missing without any value.'],
    ['min', own.extremes, 'The least and greatest values. Missing without any value.'],
    ['max', own.extremes, ''],
  ]
  const present = members.filter(([kind]) => measuredFields(entity, kind).length)
  for (const [kind, type, description] of present) {
    // Least and greatest values have the same types.
    if (kind === 'max') continue
    builder.objectType(type, {
      description,
      fields: (t): FieldMap =>
        Object.fromEntries(
          measuredFields(entity, kind).map(measured => [
            fieldNames(names, entity.name, measured.field.name).graphql,
            generated(t, {
              type: measureGraphql(definition, entity, measured.field, measured.type),
              nullable: kind !== 'countDistinct',
              binding: { kind: 'property', name: measured.field.name },
            }),
          ]),
        ),
    })
  }
  builder.objectType(own.aggregate, {
    fields: (t): FieldMap => ({
      count: generated(t, { type: 'Int', nullable: false, binding: { kind: 'measure', measure: 'count' } }),
      ...Object.fromEntries(
        present.map(([kind, type]) => [
          kind,
          generated(t, { type, nullable: false, binding: { kind: 'measure', measure: kind } }),
        ]),
      ),
    }),
  })
}

/** What rows can be grouped by. */
export function groupableFields(entity: EntityIR): readonly Readable[] {
  return readables(entity).filter(isGroupable)
}

import type { EntityIR, ScalarName, TypeIR } from '@zg/core/ir/ir'
import type { Readable } from '@zg/core/ir/readable'
import type { Definition } from './builder.ts'
import { fieldNames } from './builder.ts'

/** The GraphQL scalars of the DSL's. */
const SCALARS: { readonly [scalar in ScalarName]: string } = {
  id: 'ID',
  string: 'String',
  int: 'Int',
  float: 'Float',
  boolean: 'Boolean',
  datetime: 'DateTime',
  date: 'Date',
  bigint: 'BigInt',
  decimal: 'Decimal',
  bytes: 'Bytes',
  json: 'JSON',
}

/** The GraphQL type of a field's value, or of its elements if it is a set; to-one fields are their target's id. */
export function valueType({ names }: Definition, entity: EntityIR, field: Readable): string {
  if (field.crdt === 'counter') return 'BigInt'
  switch (field.type.kind) {
    case 'scalar':
      return SCALARS[field.type.scalar]
    case 'ref':
    case 'refs':
      return 'ID'
    case 'enum':
      return fieldNames(names, entity.name, field.name).enumType ?? 'String'
  }
}

/** The GraphQL type of a computed value. */
export function scalarType(type: TypeIR): string {
  if (type.kind !== 'scalar') throw new Error(`A ${type.kind} is not computed`)
  return SCALARS[type.scalar]
}

/** One GraphQL enum per enum field: values verbatim unless the model overrides their names. */
export function defineEnums({ builder, names }: Definition, entity: EntityIR): void {
  for (const field of entity.fields) {
    if (field.type.kind !== 'enum') continue
    const { enumType } = fieldNames(names, entity.name, field.name)
    if (!enumType) continue
    builder.enumType(enumType, {
      values: Object.fromEntries(
        field.type.values.map(value => [field.graphql.values?.[value] ?? value, { value }]),
      ),
    })
  }
}

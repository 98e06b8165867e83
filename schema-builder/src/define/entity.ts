import type { FieldMap } from '@pothos/core'
import type { EntityIR, FieldIR, InverseIR } from '@zg/core/ir/ir'
import { targetOf } from '@zg/core/query/path'
import { type Definition, entityNames, fieldNames } from './builder.ts'
import { pageArgs } from './connection.ts'
import { type Generated, generated } from './field.ts'
import { entityRef } from './ref.ts'
import { valueType } from './value.ts'

/** The object type of an entity: its data, its to-one and its to-many relations. */
export function defineEntity(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  entityRef(builder, own.type).implement({
    interfaces: ['Node'],
    fields: (t): FieldMap => ({
      ...Object.fromEntries(
        entity.fields.map(field => [
          fieldNames(names, entity.name, field.name).graphql,
          generated(t, dataField(definition, entity, field)),
        ]),
      ),
      ...Object.fromEntries(
        entity.inverses.map(inverse => [
          fieldNames(names, entity.name, inverse.name).graphql,
          generated(t, relationField(definition, entity, inverse)),
        ]),
      ),
    }),
  })
}

function dataField(definition: Definition, entity: EntityIR, field: FieldIR): Generated {
  if (field.type.kind === 'ref' && field.crdt === 'register') {
    const { type } = entityNames(definition.names, field.type.to)
    return { type, nullable: true, binding: { kind: 'one', field: field.name, to: field.type.to } }
  }
  const type = valueType(definition, entity, field)
  const binding = { kind: 'column', field: field.name } as const
  if (field.crdt === 'set') return { type: [type], nullable: false, binding }
  return { type, nullable: field.optional, binding }
}

function relationField(definition: Definition, { name }: EntityIR, inverse: InverseIR): Generated {
  const to = targetOf(definition.catalog, inverse)
  const own = entityNames(definition.names, to)
  if (inverse.kind === 'single') {
    const binding = { kind: 'single', entity: name, relation: inverse.name, to } as const
    return { type: own.type, nullable: true, binding }
  }
  const binding = { kind: 'many', entity: name, relation: inverse.name, to } as const
  return { type: own.connection, nullable: false, binding, args: pageArgs(definition, to) }
}

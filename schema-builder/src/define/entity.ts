import type { FieldMap } from '@pothos/core'
import type { ComputedIR, EntityIR, FieldIR, InverseIR } from '@zg/core/ir/ir'
import { targetOf } from '@zg/core/query/path'
import { stateOf } from '@zg/core/query/query'
import { type Definition, entityNames, fieldNames } from './builder.ts'
import { pageArgs } from './connection.ts'
import { type Generated, generated } from './field.ts'
import { entityRef } from './ref.ts'
import { unionField } from './union.ts'
import { scalarType, valueType } from './value.ts'

/** The object type of an entity: its data, its to-one and its to-many relations. */
export function defineEntity(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  entityRef(builder, own.type).implement({
    interfaces: [definition.relay?.node ?? 'Node'],
    fields: (t): FieldMap => ({
      // Relay's plugin leaves the id of its interface to its own types.
      ...(definition.relay
        ? { id: generated(t, { type: 'ID', nullable: false, binding: { kind: 'property', name: 'id' } }) }
        : {}),
      ...Object.fromEntries(
        entity.fields.flatMap(field => [
          [
            fieldNames(names, entity.name, field.name).graphql,
            generated(t, dataField(definition, entity, field)),
          ],
          ...stateFields(definition, entity, field).map(([name, state]) => [name, generated(t, state)]),
        ]),
      ),
      ...Object.fromEntries(
        (entity.computed ?? []).map(computed => [
          fieldNames(names, entity.name, computed.name).graphql,
          generated(t, computedField(entity, computed)),
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
  if (field.type.kind === 'refs') return unionField(definition, entity, field, field.type)
  const type = valueType(definition, entity, field)
  const binding = { kind: 'column', field: field.name } as const
  if (field.crdt === 'set') return { type: [type], nullable: false, binding }
  return { type, nullable: field.optional, binding }
}

function computedField({ name: entity }: EntityIR, { name, type, optional }: ComputedIR): Generated {
  return {
    type: scalarType(type),
    nullable: optional,
    binding: { kind: 'computed', entity, field: name },
    description: 'Computed from other values, as they are now.',
  }
}

/** `bodyState` beside the text `body`. */
function stateFields(
  { names }: Definition,
  entity: EntityIR,
  { name, crdt }: FieldIR,
): readonly (readonly [string, Generated])[] {
  const { state, graphql } = fieldNames(names, entity.name, name)
  if (crdt !== 'text' || state === undefined) return []
  const binding = { kind: 'column', field: stateOf(name) } as const
  const description = `All of \`${graphql}\` as one Yjs update, for editors: its text is \`doc.getText('text')\`.`
  return [[state, { type: 'Bytes', nullable: true, binding, description }]]
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

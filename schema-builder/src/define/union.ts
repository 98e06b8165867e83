import type { EntityIR, FieldIR, TypeIR } from '@zg/core/ir/ir'
import { onMember } from '@zg/core/ir/names'
import type { Row } from '@zg/core/query/query'
import { entityOf } from '../resolve/entity.ts'
import { type Definition, entityNames, fieldNames, type InputMap } from './builder.ts'
import type { Generated } from './field.ts'
import { isCreatable } from './input.ts'
import { entityRef } from './ref.ts'

/** Of each polymorphic relation: `ReactionTarget` (the union), `ReactionTargetFilter`, `ReactionTargetOrder` and `ReactionTargetLink`. */
export function defineUnions(definition: Definition, entity: EntityIR): void {
  for (const field of entity.fields) {
    if (field.type.kind !== 'refs') continue
    const { union, filter, order, link } = fieldNames(definition.names, entity.name, field.name)
    if (!union || !filter || !order || !link)
      throw new Error(`No names for the union ${entity.name}.${field.name}`)
    defineUnion(definition, union, field.type.to)
    defineUnionFilter(definition, filter, field.type.to)
    defineUnionOrder(definition, order, field.type.to)
    defineUnionLink(definition, link, field.type.to)
  }
}

/** The relation as an output: null where its target is gone. */
export function unionField(
  { names }: Definition,
  entity: EntityIR,
  { name }: Pick<FieldIR, 'name'>,
  { to }: Extract<TypeIR, { readonly kind: 'refs' }>,
): Generated {
  const { union } = fieldNames(names, entity.name, name)
  return { type: union ?? 'Node', nullable: true, binding: { kind: 'oneOf', field: name, to } }
}

function defineUnion({ builder, names }: Definition, name: string, to: readonly string[]): void {
  builder.unionType(name, {
    types: to.map(one => entityRef(builder, entityNames(names, one).type)),
    resolveType: (row, { zg }) => {
      const entity = entityOf(zg.services.catalog, (row as Row).id)
      return entity && zg.services.names.entities[entity.name]?.type
    },
  })
}

function defineUnionFilter({ builder, names }: Definition, name: string, to: readonly string[]): void {
  builder.inputType(name, {
    description:
      'All members must hold. `onX` holds for a row of X that its filter holds for; an empty one asks for the kind of row only.',
    fields: (t): InputMap => ({
      id: t.field({ type: 'IDFilter', required: false }),
      ...Object.fromEntries(
        to.map(one => [
          onMember(names, one),
          t.field({ type: entityNames(names, one).where, required: false }),
        ]),
      ),
    }),
  })
}

function defineUnionOrder({ builder, names }: Definition, name: string, to: readonly string[]): void {
  builder.inputType(name, {
    isOneOf: true,
    description:
      'Exactly one: the id, whatever row it is of, or a field of rows of X by `onX`, where rows that lead to others count as missing.',
    fields: (t): InputMap => ({
      id: t.field({ type: 'OrderDirection', required: false }),
      ...Object.fromEntries(
        to.map(one => [
          onMember(names, one),
          t.field({ type: entityNames(names, one).order, required: false }),
        ]),
      ),
    }),
  })
}

function defineUnionLink(definition: Definition, name: string, to: readonly string[]): void {
  const { builder, catalog, names } = definition
  builder.inputType(name, {
    isOneOf: true,
    description: 'A row that is there, or a new one, made by the same mutation.',
    fields: (t): InputMap => ({
      connect: t.field({ type: 'ID', required: false }),
      ...Object.fromEntries(
        to
          .filter(one => isCreatable(definition, catalog.entity(one).ir))
          .map(one => {
            const own = entityNames(names, one)
            return [own.create, t.field({ type: own.createInput, required: false })]
          }),
      ),
    }),
  })
}

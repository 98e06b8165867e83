import type { EntityView } from '@zg/core/ir/catalog'
import type { ComputedIR, FieldIR, InverseIR } from '@zg/core/ir/ir'
import type { EntityNames } from '@zg/core/ir/names'
import { isReference } from '@zg/core/ir/refer'

/** A member of an entity, as an input names it. */
export type Member =
  | { readonly kind: 'computed'; readonly name: string; readonly computed: ComputedIR }
  | { readonly kind: 'field'; readonly name: string; readonly field: FieldIR }
  | { readonly kind: 'inverse'; readonly name: string; readonly inverse: InverseIR }

/** An input of a mutation: what it does to which member. */
export interface InputMember {
  readonly does: 'set' | 'link' | 'count' | 'assign' | 'edit' | 'add' | 'remove' | 'relate'
  readonly name: string
}

interface Members {
  readonly byName: ReadonlyMap<string, Member>
  readonly inputs: ReadonlyMap<string, InputMember>
}

const known = new WeakMap<EntityNames, Members>()

/** The declared member behind each GraphQL name of an entity, `id` excepted. Computed once per model. */
export function membersOf(entity: EntityView, names: EntityNames): Members {
  const present = known.get(names)
  if (present) return present
  const members: Member[] = [
    ...entity.ir.fields.map(field => ({ kind: 'field', name: field.name, field }) as const),
    ...(entity.ir.computed ?? []).map(one => ({ kind: 'computed', name: one.name, computed: one }) as const),
    ...entity.ir.inverses.map(inverse => ({ kind: 'inverse', name: inverse.name, inverse }) as const),
  ]
  const made: Members = {
    byName: new Map(members.map(member => [names.fields[member.name]?.graphql ?? member.name, member])),
    inputs: new Map(members.flatMap(member => inputsOf(member, names))),
  }
  known.set(names, made)
  return made
}

function inputsOf(member: Member, names: EntityNames): readonly (readonly [string, InputMember])[] {
  const { name } = member
  const own = names.fields[name]
  if (!own) return []
  if (own.add !== null && own.remove !== null) {
    return [
      [own.add, { does: member.kind === 'inverse' ? 'relate' : 'add', name }],
      [own.remove, { does: 'remove', name }],
    ]
  }
  if (member.kind === 'inverse') return [[own.graphql, { does: 'relate', name }]]
  if (member.kind !== 'field') return []
  if (member.field.crdt === 'counter') return [[own.graphql, { does: 'count', name }]]
  if (member.field.crdt === 'json') return [[own.graphql, { does: 'assign', name }]]
  if (member.field.crdt === 'text') return [[own.graphql, { does: 'edit', name }]]
  return [[own.graphql, { does: isReference(member.field.type) ? 'link' : 'set', name }]]
}

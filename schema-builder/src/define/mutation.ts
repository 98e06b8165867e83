import type { FieldMap, InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { type Definition, type DynamicBuilder, entityNames } from './builder.ts'
import { generated } from './field.ts'
import { hasInput } from './input.ts'
import { PROBLEM_TYPES } from './problem.ts'

const RETRY =
  'Chosen by the caller, at random: sending the same mutation again under it does nothing twice. Kept 30 days.'

export function defineVerdict(builder: DynamicBuilder): void {
  builder.enumType('VerdictStatus', {
    values: { APPLIED: { value: 'applied' }, REJECTED: { value: 'rejected' } },
  })
  builder.objectType('Verdict', {
    description: 'What became of a mutation.',
    fields: t => ({
      status: generated(t, {
        type: 'VerdictStatus',
        nullable: false,
        binding: { kind: 'property', name: 'status' },
      }),
    }),
  })
}

/** What the mutations of an entity answer: `MoviePayload`, or one of the problems. */
export function definePayload({ builder, names }: Definition, entity: EntityIR): void {
  const own = entityNames(names, entity.name)
  builder.objectType(own.payload, {
    fields: (t): FieldMap => ({
      id: generated(t, { type: 'ID', nullable: false, binding: { kind: 'property', name: 'id' } }),
      verdict: generated(t, {
        type: 'Verdict',
        nullable: false,
        binding: { kind: 'property', name: 'verdict' },
      }),
      cursor: generated(t, {
        type: 'Cursor',
        nullable: false,
        binding: { kind: 'property', name: 'cursor' },
        description: 'The position in the log at which it took effect.',
      }),
      [own.one]: generated(t, {
        type: own.type,
        nullable: true,
        binding: { kind: 'written', entity: entity.name },
        description: 'As it is now, after the mutation; null once deleted.',
      }),
    }),
  })
  builder.unionType(own.result, {
    types: [own.payload, ...PROBLEM_TYPES],
    resolveType: value => (value as { __typename: string }).__typename,
  })
}

/**
 * `createMovie`, `updateMovie`, `deleteMovie`. Nullable, so that an unexpected error in one field of a document does
 * not blank the answers of those that were committed before it.
 */
export function mutationFields(definition: Definition, entity: EntityIR, t: MutationBuilder): FieldMap {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  const id = (): InputFieldMap => builder.args(arg => ({ id: arg.field({ type: 'ID', required: true }) }))
  const input = (type: string): InputFieldMap =>
    builder.args(arg => ({ input: arg.field({ type, required: true }) }))
  const retry = (): InputFieldMap =>
    builder.args(arg => ({ mutationId: arg.field({ type: 'String', required: false, description: RETRY }) }))
  const field = (kind: 'create' | 'update' | 'delete', args: InputFieldMap) =>
    generated(t, { type: own.result, nullable: true, binding: { kind, entity: entity.name }, args })
  const creatable = hasInput(entity, 'create')
  const updatable = hasInput(entity, 'update')
  return {
    [own.create]: field('create', { ...(creatable ? input(own.createInput) : {}), ...retry() }),
    ...(updatable
      ? { [own.update]: field('update', { ...id(), ...input(own.updateInput), ...retry() }) }
      : {}),
    [own.delete]: field('delete', { ...id(), ...retry() }),
  }
}

type MutationBuilder = PothosSchemaTypes.MutationFieldBuilder<
  Definition['builder']['$inferSchemaTypes'],
  object
>

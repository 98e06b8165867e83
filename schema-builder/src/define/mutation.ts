import type { FieldMap, InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { BULK_LIMIT, type MutationBinding } from '../resolve/mutate.ts'
import { type Definition, type DynamicBuilder, entityNames } from './builder.ts'
import { generated, type OutputBuilder } from './field.ts'
import { hasInput } from './input.ts'
import { PROBLEM_TYPES } from './problem.ts'

const RETRY =
  'Chosen by the caller, at random: sending the same mutation again under it does nothing twice. Kept 30 days.'

const BASE =
  'What the caller had seen: nothing that came since is removed from sets and relations, or deleted along. Absent: all.'

const FORCE = 'Deletes along also what came since `base`.'

export function defineVerdict(builder: DynamicBuilder): void {
  builder.enumType('VerdictStatus', {
    values: {
      APPLIED: { value: 'applied' },
      CONFLICT: { value: 'conflict', description: 'Applied, and in conflict with something: that is noted.' },
      REJECTED: { value: 'rejected' },
      REPAIRED: { value: 'repaired', description: 'Applied, and something was put right besides.' },
    },
  })
  builder.objectType('Superseded', {
    description:
      'A field whose new value does not show: a later one stood there already, or its row is gone.',
    fields: t => ({
      id: property(t, 'id', 'ID'),
      type: property(t, 'type', 'String'),
      field: property(t, 'field', 'String'),
    }),
  })
  builder.objectType('Verdict', {
    description: 'What became of a mutation.',
    fields: t => ({
      status: property(t, 'status', 'VerdictStatus'),
      superseded: property(t, 'superseded', ['Superseded']),
    }),
  })
}

function property(t: OutputBuilder, name: string, type: string | [string]): FieldMap[string] {
  return generated(t, { type, nullable: false, binding: { kind: 'property', name } })
}

/** What the mutations of an entity answer: `MoviePayload`, or one of the problems. */
export function definePayload({ builder, names }: Definition, entity: EntityIR): void {
  const own = entityNames(names, entity.name)
  builder.objectType(own.payload, {
    fields: (t): FieldMap => ({
      id: generated(t, { type: 'ID', nullable: false, binding: { kind: 'writtenId' } }),
      ...outcome(t),
      [own.one]: generated(t, {
        type: own.type,
        nullable: true,
        binding: { kind: 'written', entity: entity.name },
        description: 'As it is now, after the mutation; null once deleted.',
      }),
    }),
  })
  builder.objectType(own.manyPayload, {
    fields: (t): FieldMap => ({
      ids: generated(t, {
        type: ['ID'],
        nullable: false,
        binding: { kind: 'property', name: 'ids' },
        description: 'In the order of the arguments.',
      }),
      ...outcome(t),
      [own.many]: generated(t, {
        type: [own.type],
        nullable: false,
        binding: { kind: 'writtenMany', entity: entity.name },
        description:
          'As they are now, after the mutation, in the order of the arguments; without deleted ones.',
      }),
    }),
  })
  for (const [result, payload] of [
    [own.result, own.payload],
    [own.manyResult, own.manyPayload],
  ] as const) {
    builder.unionType(result, {
      types: [payload, ...PROBLEM_TYPES],
      resolveType: value => (value as { __typename: string }).__typename,
    })
  }
}

/** What every payload tells of its mutation. */
function outcome(t: OutputBuilder): FieldMap {
  return {
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
  }
}

/**
 * `createMovie`, `updateMovie`, `deleteMovie`, the same of many, and `upsertMovie`. Nullable, so that an unexpected
 * error in one field of a document does not blank the answers of those that were committed before it.
 */
export function mutationFields(definition: Definition, entity: EntityIR, t: MutationBuilder): FieldMap {
  const { builder, names, operations } = definition
  const own = entityNames(names, entity.name)
  const creatable = hasInput(entity, 'create')
  const updatable = hasInput(entity, 'update')
  const field = (kind: 'create' | 'update' | 'delete' | 'upsert', args: Args, description?: string) =>
    generated(t, {
      type: own.result,
      nullable: true,
      binding: { kind, entity: entity.name, many: false },
      args: argsOf(builder, kind, args),
      description,
    })
  const many = (kind: 'create' | 'update' | 'delete', args: Args) =>
    generated(t, {
      type: own.manyResult,
      nullable: true,
      binding: { kind, entity: entity.name, many: true },
      args: argsOf(builder, kind, args),
      description: `All or nothing; ${BULK_LIMIT} rows at most.`,
    })
  const wanted = operations(entity.name)
  return {
    ...(wanted.has('create')
      ? { [own.create]: field('create', creatable ? { input: own.createInput } : {}) }
      : {}),
    ...(wanted.has('delete')
      ? {
          [own.delete]: field('delete', { id: 'ID' }),
          [own.deleteMany]: many('delete', { ids: ['ID'] }),
        }
      : {}),
    ...(creatable && wanted.has('create')
      ? { [own.createMany]: many('create', { inputs: [own.createInput] }) }
      : {}),
    ...(updatable && wanted.has('update')
      ? {
          [own.update]: field('update', { id: 'ID', input: own.updateInput }),
          [own.updateMany]: many('update', { inputs: [own.updateManyInput] }),
        }
      : {}),
    ...(own.keys.length && wanted.has('upsert')
      ? {
          [own.upsert]: field(
            'upsert',
            { key: own.key, create: own.createInput, ...(updatable ? { update: own.updateInput } : {}) },
            'Updates the row that holds the key, or else creates it; decided and done at once.',
          ),
        }
      : {}),
  }
}

type Args = { readonly [name: string]: string | [string] }

/** All of them required, and what says when it was meant and how it is retried. */
function argsOf(builder: DynamicBuilder, kind: MutationBinding['kind'], args: Args): InputFieldMap {
  return builder.args(arg => ({
    ...Object.fromEntries(
      Object.entries(args).map(([name, type]) => [name, arg.field({ type, required: true })]),
    ),
    ...(kind === 'create' ? {} : { base: arg.field({ type: 'Cursor', required: false, description: BASE }) }),
    ...(kind === 'delete'
      ? { force: arg.field({ type: 'Boolean', required: false, description: FORCE }) }
      : {}),
    mutationId: arg.field({ type: 'String', required: false, description: RETRY }),
  }))
}

type MutationBuilder = PothosSchemaTypes.MutationFieldBuilder<
  Definition['builder']['$inferSchemaTypes'],
  object
>

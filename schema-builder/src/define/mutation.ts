import type { FieldMap, InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { BULK_LIMIT } from '../resolve/mutate.ts'
import { type Definition, type DynamicBuilder, entityNames } from './builder.ts'
import { generated, type OutputBuilder } from './field.ts'
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
      args: argsOf(builder, args),
      description,
    })
  const many = (kind: 'create' | 'update' | 'delete', args: Args) =>
    generated(t, {
      type: own.manyResult,
      nullable: true,
      binding: { kind, entity: entity.name, many: true },
      args: argsOf(builder, args),
      description: `All or nothing; ${BULK_LIMIT} rows at most.`,
    })
  const wanted = operations(entity.name)
  return {
    ...(wanted.has('create')
      ? { [own.create]: field('create', creatable ? { input: own.createInput } : {}) }
      : {}),
    ...(wanted.has('delete')
      ? { [own.delete]: field('delete', { id: 'ID' }), [own.deleteMany]: many('delete', { ids: ['ID'] }) }
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

/** All of them required, and the mutation id. */
function argsOf(builder: DynamicBuilder, args: Args): InputFieldMap {
  return builder.args(arg => ({
    ...Object.fromEntries(
      Object.entries(args).map(([name, type]) => [name, arg.field({ type, required: true })]),
    ),
    mutationId: arg.field({ type: 'String', required: false, description: RETRY }),
  }))
}

type MutationBuilder = PothosSchemaTypes.MutationFieldBuilder<
  Definition['builder']['$inferSchemaTypes'],
  object
>

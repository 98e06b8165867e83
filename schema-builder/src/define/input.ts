import type { EntityIR, FieldIR } from '@zg/core/ir/ir'
import {
  type Definition,
  type DynamicBuilder,
  entityNames,
  fieldNames,
  type InputFields,
  type InputMap,
} from './builder.ts'
import { valueType } from './value.ts'

type Input = readonly [name: string, field: InputMap[string]]
type Purpose = 'create' | 'update'

export function defineCounterInput(builder: DynamicBuilder): void {
  builder.inputType('CounterInput', {
    isOneOf: true,
    description: 'A counter is never set, only moved, so that concurrent moves add up.',
    fields: (t): InputMap => ({
      increment: t.field({ type: 'BigInt', required: false }),
      decrement: t.field({ type: 'BigInt', required: false }),
    }),
  })
}

/** `CreateMovieInput`, `UpdateMovieInput`, and `MovieLink` for those that refer to the entity. */
export function defineInputs(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  if (isReferredTo(definition, entity.name)) {
    builder.inputType(own.link, {
      isOneOf: true,
      description: `Which ${own.type} to refer to.`,
      fields: (t): InputMap => ({ connect: t.field({ type: 'ID', required: false }) }),
    })
  }
  for (const purpose of ['create', 'update'] as const) {
    if (!hasInput(entity, purpose)) continue
    builder.inputType(purpose === 'create' ? own.createInput : own.updateInput, {
      description:
        purpose === 'create'
          ? 'What is left out takes its default, or stays empty.'
          : 'What is left out stays as it is; null clears an optional field.',
      fields: t => ({
        ...fieldInputs(definition, entity, purpose, t),
        ...relationInputs(definition, entity, purpose, t),
      }),
    })
  }
}

function isReferredTo({ catalog }: Definition, entity: string): boolean {
  return catalog.model.entities.some(({ fields }) =>
    fields.some(({ type }) => type.kind === 'ref' && type.to === entity),
  )
}

/** GraphQL has no empty input objects: an entity without anything to write has no such input. */
export function hasInput(entity: EntityIR, purpose: Purpose): boolean {
  const fields = entity.fields.filter(({ once }) => purpose === 'create' || !once)
  return fields.length > 0 || entity.inverses.some(({ kind }) => kind !== 'single')
}

function fieldInputs(definition: Definition, entity: EntityIR, purpose: Purpose, t: InputFields): InputMap {
  return Object.fromEntries(
    entity.fields
      .filter(({ once }) => purpose === 'create' || !once)
      .flatMap((field): readonly Input[] => {
        const own = fieldNames(definition.names, entity.name, field.name)
        const type = valueType(definition, entity, field)
        if (field.crdt === 'set') return alterations(own, type, purpose, t)
        if (field.crdt === 'counter')
          return [[own.graphql, t.field({ type: 'CounterInput', required: false })]]
        const input = field.type.kind === 'ref' ? entityNames(definition.names, field.type.to).link : type
        return [[own.graphql, t.field({ type: input, required: purpose === 'create' && required(field) })]]
      }),
  )
}

function relationInputs({ names }: Definition, entity: EntityIR, purpose: Purpose, t: InputFields): InputMap {
  return Object.fromEntries(
    entity.inverses.flatMap(({ name }) =>
      alterations(fieldNames(names, entity.name, name), 'ID', purpose, t),
    ),
  )
}

/** A new row has nothing to remove. */
function alterations(
  { add, remove }: { readonly add: string | null; readonly remove: string | null },
  type: string,
  purpose: Purpose,
  t: InputFields,
): readonly Input[] {
  const wanted = purpose === 'create' ? [add] : [add, remove]
  return wanted.filter(name => name !== null).map(name => [name, t.field({ type: [type], required: false })])
}

function required(field: FieldIR): boolean {
  return field.crdt === 'register' && !field.optional && field.default === undefined
}

import type { EntityIR, FieldIR } from '@zg/core/ir/ir'
import { lookupKeys } from '@zg/core/ir/unique'
import { targetOf } from '@zg/core/query/path'
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

/** Only where the model has documents. */
export function defineJsonInput({ builder, catalog }: Definition): void {
  if (!catalog.model.entities.some(({ fields }) => fields.some(({ crdt }) => crdt === 'json'))) return
  builder.inputType('JSONPathInput', {
    fields: (t): InputMap => ({
      path: t.field({ type: 'String', required: true, description: 'A JSON Pointer: `/address/city`.' }),
      value: t.field({ type: 'JSON', required: false, description: 'Absent: null.' }),
    }),
  })
  builder.inputType('JSONInput', {
    description:
      'What is assigned at one path leaves all others as they are, so that concurrent assignments merge. No path may be inside another. Lists are values, not paths.',
    fields: (t): InputMap => ({
      set: t.field({
        type: ['JSONPathInput'],
        required: false,
        description: 'What leads there becomes objects, where it is none.',
      }),
      remove: t.field({ type: ['String'], required: false, description: 'Paths whose values go.' }),
      replace: t.field({ type: 'JSON', required: false, description: 'The whole: an object.' }),
    }),
  })
}

/** Only where the model has texts. */
export function defineTextInput({ builder, catalog }: Definition): void {
  if (!catalog.model.entities.some(({ fields }) => fields.some(({ crdt }) => crdt === 'text'))) return
  builder.inputType('TextReplacement', {
    description: 'What the text should say; what others have changed since `base` is kept.',
    fields: (t): InputMap => ({
      value: t.field({ type: 'String', required: true }),
      base: t.field({
        type: 'Cursor',
        required: false,
        description: 'Where the text was read that was edited; absent: as it is now.',
      }),
    }),
  })
  builder.inputType('TextInput', {
    isOneOf: true,
    description: 'A text is edited, never overwritten, so that concurrent edits merge.',
    fields: (t): InputMap => ({
      replace: t.field({ type: 'TextReplacement', required: false }),
      update: t.field({
        type: 'Bytes',
        required: false,
        description: "A Yjs update of `doc.getText('text')`, by one clientID, of at most 256 kB.",
      }),
    }),
  })
}

/** `CreateMovieInput`, `UpdateMovieInput`, `MovieKey`, and the inputs of relations. */
export function defineInputs(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  for (const purpose of ['create', 'update'] as const) {
    if (!hasInput(entity, purpose)) continue
    builder.inputType(purpose === 'create' ? own.createInput : own.updateInput, {
      description: MEANING[purpose],
      fields: t => memberInputs(definition, entity, purpose, t),
    })
  }
  if (hasInput(entity, 'update')) {
    builder.inputType(own.updateManyInput, {
      description: MEANING.update,
      fields: t => ({
        id: t.field({ type: 'ID', required: true }),
        ...memberInputs(definition, entity, 'update', t),
      }),
    })
  }
  if (isReferredTo(definition, entity.name)) {
    defineLink(builder, own.link, own.type, isCreatable(definition, entity) ? own.createInput : null)
  }
  defineBackLinks(definition, entity)
  defineKey(definition, entity)
}

const MEANING: { readonly [P in Purpose]: string } = {
  create: 'What is left out takes its default, or stays empty.',
  update: 'What is left out stays as it is; null clears an optional field.',
}

function defineLink(builder: DynamicBuilder, name: string, type: string, create: string | null): void {
  builder.inputType(name, {
    isOneOf: true,
    description: `A ${type} that is there${create ? ', or a new one, made by the same mutation' : ''}.`,
    fields: (t): InputMap => ({
      connect: t.field({ type: 'ID', required: false }),
      ...(create ? { create: t.field({ type: create, required: false }) } : {}),
    }),
  })
}

/** To-many relations and one-to-ones create the other row without its way back, which is known. */
function defineBackLinks(definition: Definition, entity: EntityIR): void {
  const { builder, catalog, names } = definition
  for (const inverse of entity.inverses) {
    if (inverse.kind === 'edges') continue
    const { link, createInput } = fieldNames(names, entity.name, inverse.name)
    const other = catalog.entity(inverse.from).ir
    if (!link || !createInput) continue
    const creatable = isCreatable(definition, other, inverse.via)
    defineLink(builder, link, entityNames(names, other.name).type, creatable ? createInput : null)
    if (!creatable) continue
    builder.inputType(createInput, {
      description: MEANING.create,
      fields: t => memberInputs(definition, other, 'create', t, inverse.via),
    })
  }
}

/** `MovieKey`: one member per unique key, and one for the natural key. */
function defineKey(definition: Definition, entity: EntityIR): void {
  const { builder, names } = definition
  const own = entityNames(names, entity.name)
  const keys = lookupKeys(entity).map(({ on }, i) => ({
    on,
    ...(own.keys[i] ?? { graphql: '', input: null }),
  }))
  if (!keys.length) return
  const typeOf = (field: FieldIR) => valueType(definition, entity, field)
  for (const { on, input } of keys) {
    if (input === null) continue
    builder.inputType(input, {
      fields: (t): InputMap =>
        Object.fromEntries(
          on.map(field => [
            fieldNames(names, entity.name, field.name).graphql,
            t.field({ type: typeOf(field), required: true }),
          ]),
        ),
    })
  }
  builder.inputType(own.key, {
    isOneOf: true,
    description: `What only one ${own.type} can have.`,
    fields: (t): InputMap =>
      Object.fromEntries(
        keys.map(({ on: [first], graphql, input }) => [
          graphql,
          t.field({ type: input ?? (first ? typeOf(first) : 'ID'), required: false }),
        ]),
      ),
  })
}

function isReferredTo({ catalog }: Definition, entity: string): boolean {
  const { entities, relations } = catalog.model
  return (
    entities.some(({ fields }) => fields.some(({ type }) => type.kind === 'ref' && type.to === entity)) ||
    relations.some(({ from, to }) => from === entity || to === entity)
  )
}

/** GraphQL has no empty input objects: an entity without anything to write has no such input. */
export function hasInput(entity: EntityIR, purpose: Purpose, without?: string): boolean {
  const fields = entity.fields.filter(({ name, once }) => name !== without && (purpose === 'create' || !once))
  return fields.length > 0 || entity.inverses.length > 0
}

/** Rows are created below others as far as they may be created at all. */
export function isCreatable({ operations }: Definition, entity: EntityIR, without?: string): boolean {
  return operations(entity.name).has('create') && hasInput(entity, 'create', without)
}

function memberInputs(
  definition: Definition,
  entity: EntityIR,
  purpose: Purpose,
  t: InputFields,
  without?: string,
): InputMap {
  return {
    ...fieldInputs(definition, entity, purpose, t, without),
    ...relationInputs(definition, entity, purpose, t),
  }
}

function fieldInputs(
  definition: Definition,
  entity: EntityIR,
  purpose: Purpose,
  t: InputFields,
  without?: string,
): InputMap {
  return Object.fromEntries(
    entity.fields
      .filter(({ name, once }) => name !== without && (purpose === 'create' || !once))
      .flatMap((field): readonly Input[] => {
        const own = fieldNames(definition.names, entity.name, field.name)
        const type = valueType(definition, entity, field)
        if (field.crdt === 'set') return alterations(own, { add: type, remove: type }, purpose, t)
        if (field.crdt === 'counter')
          return [[own.graphql, t.field({ type: 'CounterInput', required: false })]]
        if (field.crdt === 'json') return [[own.graphql, t.field({ type: 'JSONInput', required: false })]]
        if (field.crdt === 'text') return [[own.graphql, t.field({ type: 'TextInput', required: false })]]
        const input = linkInput(definition, field) ?? own.link ?? type
        return [[own.graphql, t.field({ type: input, required: purpose === 'create' && required(field) })]]
      }),
  )
}

function linkInput({ names }: Definition, { type }: FieldIR): string | undefined {
  return type.kind === 'ref' ? entityNames(names, type.to).link : undefined
}

function relationInputs(
  { catalog, names }: Definition,
  entity: EntityIR,
  purpose: Purpose,
  t: InputFields,
): InputMap {
  return Object.fromEntries(
    entity.inverses.flatMap((inverse): readonly Input[] => {
      const own = fieldNames(names, entity.name, inverse.name)
      const link = own.link ?? entityNames(names, targetOf(catalog, inverse)).link
      if (inverse.kind === 'single') return [[own.graphql, t.field({ type: link, required: false })]]
      return alterations(own, { add: link, remove: 'ID' }, purpose, t)
    }),
  )
}

/** A new row has nothing to remove. */
function alterations(
  { add, remove }: { readonly add: string | null; readonly remove: string | null },
  types: { readonly add: string; readonly remove: string },
  purpose: Purpose,
  t: InputFields,
): readonly Input[] {
  return [
    ...(add === null ? [] : [[add, t.field({ type: [types.add], required: false })] as const]),
    ...(remove === null || purpose === 'create'
      ? []
      : [[remove, t.field({ type: [types.remove], required: false })] as const]),
  ]
}

function required(field: FieldIR): boolean {
  return field.crdt === 'register' && !field.optional && field.default === undefined && !field.authored
}

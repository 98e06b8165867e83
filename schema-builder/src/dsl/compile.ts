import { checkModel } from '@zg/core/ir/check'
import type {
  Construct,
  EdgeRelationIR,
  EntityIR,
  FieldIR,
  IndexIR,
  InverseIR,
  ModelIR,
  TypeIR,
} from '@zg/core/ir/ir'
import type { Renames } from '@zg/core/ir/lock'
import { defaultPrefix } from '@zg/core/ir/prefix'
import type { Problem } from '@zg/core/problem'
import { normalForm } from '@zg/core/query/normal'
import { parseValue } from '@zg/core/query/scalar'
import type { Tracing } from './behave.ts'
import { schemasOf } from './code.ts'
import { withComputed } from './computed.ts'
import type { Entities, Entity } from './entity.ts'
import { mistakesOf } from './mistakes.ts'
import { type FieldSpec, isPlain } from './spec.ts'
import { isRepaired, unenforcedOptions, unenforcedParts } from './unenforced.ts'

export interface Compiled {
  readonly ir: ModelIR
  readonly problems: readonly Problem[]
  readonly renames: Renames
}

/** Turns what was declared into the IR, numbered in the order of declaration. Never throws on a bad schema. */
export function compile(
  entities: Entities,
  open: boolean,
  behaviour: readonly Construct[],
  traced: Pick<Tracing, 'formulas' | 'problems'> = { formulas: [], problems: [] },
): Compiled {
  const parts = Object.entries(entities).map(([name, entity], at) => compileEntity(name, entity, at + 1))
  const mistakes = Object.entries(entities).flatMap(([name, entity]) => mistakesOf(entities, name, entity))
  const relations = parts
    .flatMap(part => part.relations)
    .map((relation, at): EdgeRelationIR => ({ ...relation, number: parts.length + at + 1 }))
  const stored: ModelIR = {
    format: 1,
    entities: parts.map(part => part.ir),
    relations,
    open,
    unenforced: [...parts.flatMap(part => part.unenforced), ...behaviour],
  }
  const { ir, problems } = withComputed(stored, entities, traced)
  return { ir, problems: [...mistakes, ...problems, ...checkModel(ir)], renames: renamesOf(entities) }
}

interface Part {
  readonly ir: EntityIR
  readonly relations: readonly Omit<EdgeRelationIR, 'number'>[]
  readonly unenforced: readonly Construct[]
}

function compileEntity(name: string, { fields, options }: Entity, number: number): Part {
  const own = Object.entries(fields).map(([field, { spec }]) => ({ name: field, spec }))
  const { prefix, graphql } = options
  const ids = own.filter(({ spec }) => spec.kind.kind === 'id')
  const idKind = ids[0]?.spec.kind
  const stored = own.flatMap(({ name: field, spec }) => {
    const kept = field === 'id' ? null : fieldIR(field, spec)
    return kept ? [kept] : []
  })
  const ir: EntityIR = {
    name,
    number,
    prefix: prefix ?? defaultPrefix(name),
    key: idKind?.kind === 'id' ? idKind.key : [],
    fields: stored.map((field, at) => ({ ...field, number: at + 1 })),
    inverses: own.flatMap(({ name: field, spec }) => inverseIR(name, field, spec) ?? []),
    indexes: indexesOf(own, options.index ?? [], stored),
    graphql: graphql ?? {},
  }
  return {
    ir,
    relations: own.flatMap(({ name: field, spec: { kind } }) =>
      kind.kind === 'manyToMany' && kind.inverseOf === null
        ? [{ name: `${name}.${field}`, from: name, to: kind.to }]
        : [],
    ),
    unenforced: [
      ...unenforcedOptions(name, options),
      ...own.flatMap(({ name: field, spec }) => unenforcedParts([name, field], spec)),
    ],
  }
}

const TEXT: TypeIR = { kind: 'scalar', scalar: 'string' }

interface Named {
  readonly name: string
  readonly spec: FieldSpec
}

/**
 * Null for what the IR cannot hold: relations' other ends, and kinds that are not there yet. Modifiers that the kind
 * does not have are refused elsewhere and left out here, so that they are not found twice.
 */
function fieldIR(name: string, { kind, ...said }: FieldSpec): Omit<FieldIR, 'number'> | null {
  const check = schemasOf({ kind, ...said }).length ? { check: true as const } : {}
  const merged = kind.kind === 'counter' || kind.kind === 'set'
  const common = {
    name,
    optional: said.optional && !merged,
    once: said.once,
    graphql: said.graphql,
  }
  switch (kind.kind) {
    case 'scalar':
    case 'enum':
    case 'decimal':
    case 'bytes':
    case 'json': {
      const type = valueType(kind)
      return { ...common, crdt: 'register', type, ...defaultIR(type, said.default), ...check }
    }
    case 'counter':
      return { ...common, crdt: 'counter', type: { kind: 'scalar', scalar: 'bigint' } }
    case 'jsonPaths':
      return { ...common, optional: false, crdt: 'json', type: { kind: 'scalar', scalar: 'json' } }
    case 'text':
      return { ...common, optional: false, crdt: 'text', type: TEXT, ...check }
    case 'set': {
      const of = kind.of.kind
      return of.kind === 'scalar' || of.kind === 'enum'
        ? { ...common, crdt: 'set', type: valueType(of) }
        : null
    }
    case 'one': {
      const { onDelete = 'restrict', unique } = said
      return {
        ...common,
        crdt: 'register',
        // Unique within others it is a key of several fields, not a one-to-one.
        type: { kind: 'ref', to: kind.to, onDelete, unique: unique !== undefined && !unique.within?.length },
      }
    }
    case 'oneOf':
      return {
        ...common,
        crdt: 'register',
        type: {
          kind: 'refs',
          to: kind.to,
          onDelete: said.onDelete ?? 'restrict',
          ...(said.unique && !said.unique.within?.length ? { unique: true as const } : {}),
        },
      }
    default:
      return null
  }
}

type ValueKind = Extract<
  FieldSpec['kind'],
  { readonly kind: 'scalar' | 'enum' | 'decimal' | 'bytes' | 'json' }
>

function valueType(kind: ValueKind): TypeIR {
  switch (kind.kind) {
    case 'enum':
      return { kind: 'enum', values: kind.values }
    case 'scalar':
      return { kind: 'scalar', scalar: kind.scalar }
    case 'decimal':
      return { kind: 'scalar', scalar: 'decimal', scale: kind.scale }
    case 'bytes':
    case 'json':
      return { kind: 'scalar', scalar: kind.kind }
  }
}

/** Literals in the one form of their type; those that do not fit it stay, for the checker of the IR to refuse. */
function defaultIR(type: TypeIR, said: FieldSpec['default']): Pick<FieldIR, 'default' | 'authored'> {
  if (!said) return {}
  if (said.kind === 'function') return { authored: true }
  if (isPlain(said.value)) return { default: normalForm(type, said.value) }
  const parsed = type.kind === 'scalar' && type.scalar === 'json' ? parseValue(type, said.value) : null
  return parsed?.ok ? { default: parsed.value } : {}
}

function inverseIR(entity: string, name: string, { kind }: FieldSpec): InverseIR | null {
  switch (kind.kind) {
    case 'many':
    case 'single':
      return { kind: kind.kind, name, from: kind.from, via: kind.via }
    case 'inverse':
      return { kind: 'many', name, from: kind.from, via: kind.via }
    case 'manyToMany':
      return kind.inverseOf === null
        ? { kind: 'edges', name, relation: `${entity}.${name}`, end: 'from' }
        : { kind: 'edges', name, relation: `${kind.to}.${kind.inverseOf}`, end: 'to' }
    default:
      return null
  }
}

/**
 * Indexes on fields first, then those of the options. One over a field that the IR cannot hold yet is left out: the
 * field itself is on the list of what is not enforced.
 */
function indexesOf(
  own: readonly Named[],
  options: NonNullable<Entity['options']['index']>,
  stored: readonly { readonly name: string }[],
): readonly IndexIR[] {
  const single = own.flatMap(({ name, spec }) =>
    spec.indexes.map(kind => ({ on: [name], kind, unique: false })),
  )
  // A one-to-one says so in its type. What cannot be unique is found elsewhere.
  const unique = own.flatMap(({ name, spec: { kind, unique: said } }) => {
    const within = said?.within ?? []
    const isOne = kind.kind === 'one' || kind.kind === 'oneOf'
    const isKey = kind.kind !== 'counter' && kind.kind !== 'set' && (!isOne || within.length > 0)
    if (
      !said ||
      isRepaired(said) ||
      !isKey ||
      !within.every(other => own.some(field => field.name === other))
    )
      return []
    return [{ on: [...within, name], kind: 'btree' as const, unique: true }]
  })
  const listed = options.map(index => {
    if (isList(index)) return { on: index, kind: 'btree' as const, unique: false }
    return { on: index.on, kind: index.kind ?? ('btree' as const), unique: index.unique === true }
  })
  const isLater = (name: string): boolean =>
    own.some(field => field.name === name && !RELATIONS.has(field.spec.kind.kind)) &&
    !stored.some(field => field.name === name) &&
    name !== 'id'
  return [...single, ...unique, ...listed].flatMap(({ on, kind, unique }): readonly IndexIR[] => {
    if (on.some(isLater)) return []
    return [unique ? { on, kind, unique } : { on, kind }]
  })
}

const RELATIONS: ReadonlySet<string> = new Set(['many', 'single', 'inverse', 'manyToMany', 'computed'])

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}

function renamesOf(entities: Entities): Renames {
  const named = Object.entries(entities)
  return {
    entities: Object.fromEntries(
      named.flatMap(([name, { options }]) => (options.was ? [[name, [options.was]]] : [])),
    ),
    fields: Object.fromEntries(
      named.flatMap(([name, { fields }]) =>
        Object.entries(fields).flatMap(([field, { spec }]) =>
          spec.was.length ? [[`${name}.${field}`, spec.was]] : [],
        ),
      ),
    ),
  }
}

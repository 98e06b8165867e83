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
import type { Json } from '@zg/core/json'
import { type Problem, problem } from '@zg/core/problem'
import type { Entities, Entity } from './entity.ts'
import { refused } from './modifier.ts'
import type { FieldSpec, IndexKind } from './spec.ts'
import { unenforcedOptions, unenforcedParts } from './unenforced.ts'

export interface Compiled {
  readonly ir: ModelIR
  readonly problems: readonly Problem[]
  readonly renames: Renames
}

/** Turns what was declared into the IR, numbered in the order of declaration. Never throws on a bad schema. */
export function compile(entities: Entities, open: boolean, behaviour: readonly Construct[]): Compiled {
  const parts = Object.entries(entities).map(([name, entity], at) => compileEntity(name, entity, at + 1))
  const relations = parts
    .flatMap(part => part.relations)
    .map((relation, at): EdgeRelationIR => ({ ...relation, number: parts.length + at + 1 }))
  const ir: ModelIR = {
    format: 1,
    entities: parts.map(part => part.ir),
    relations,
    open,
    unenforced: [...parts.flatMap(part => part.unenforced), ...behaviour],
  }
  const problems = [...parts.flatMap(part => part.problems), ...checkModel(ir)]
  return { ir, problems, renames: renamesOf(entities) }
}

interface Part {
  readonly ir: EntityIR
  readonly relations: readonly Omit<EdgeRelationIR, 'number'>[]
  readonly problems: readonly Problem[]
  readonly unenforced: readonly Construct[]
}

function compileEntity(name: string, { fields, options }: Entity, number: number): Part {
  const own = Object.entries(fields).map(([field, { spec }]) => ({ name: field, spec }))
  const { prefix, graphql } = options
  const ids = own.filter(({ spec }) => spec.kind.kind === 'id')
  const idKind = ids[0]?.spec.kind
  const stored = own.flatMap(({ name: field, spec }) => {
    const kept = fieldIR(field, spec)
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
    problems: [...idProblems(name, own), ...own.flatMap(field => fieldProblems(name, field, fields))],
    unenforced: [
      ...unenforcedOptions(name, options),
      ...own.flatMap(({ name: field, spec }) => unenforcedParts([name, field], spec)),
    ],
  }
}

interface Named {
  readonly name: string
  readonly spec: FieldSpec
}

/** Null for what the IR cannot hold: relations' other ends, and kinds that are not there yet. */
function fieldIR(name: string, { kind, ...said }: FieldSpec): Omit<FieldIR, 'number'> | null {
  const literal = said.default?.kind === 'literal' ? { default: said.default.value as Json } : {}
  const common = { name, optional: said.optional, ...literal, once: said.once, graphql: said.graphql }
  switch (kind.kind) {
    case 'scalar':
    case 'enum':
      return { ...common, crdt: 'register', type: elementType(kind) }
    case 'counter':
      return { ...common, crdt: 'counter', type: { kind: 'scalar', scalar: 'bigint' } }
    case 'set': {
      const of = kind.of.kind
      return of.kind === 'scalar' || of.kind === 'enum'
        ? { ...common, crdt: 'set', type: elementType(of) }
        : null
    }
    case 'one': {
      const { onDelete = 'restrict', unique } = said
      return {
        ...common,
        crdt: 'register',
        type: { kind: 'ref', to: kind.to, onDelete, unique: unique !== undefined },
      }
    }
    default:
      return null
  }
}

function elementType(kind: FieldSpec['kind'] & { readonly kind: 'scalar' | 'enum' }): TypeIR {
  return kind.kind === 'enum'
    ? { kind: 'enum', values: kind.values }
    : { kind: 'scalar', scalar: kind.scalar }
}

function inverseIR(entity: string, name: string, { kind }: FieldSpec): InverseIR | null {
  switch (kind.kind) {
    case 'many':
    case 'single':
      return { kind: kind.kind, name, from: kind.from, via: kind.via }
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
  const single = own.flatMap(({ name, spec }) => spec.indexes.map(kind => ({ on: [name], kind })))
  const listed = options.map(index => {
    if (isList(index)) return { on: index, kind: 'btree' as const }
    return { on: index.on, kind: index.unique ? ('unique' as const) : (index.kind ?? ('btree' as const)) }
  })
  const isLater = (name: string): boolean =>
    own.some(field => field.name === name && !RELATIONS.has(field.spec.kind.kind)) &&
    !stored.some(field => field.name === name) &&
    name !== 'id'
  return [...single, ...listed].flatMap(({ on, kind }) => {
    if (kind === 'unique' || kind === 'fulltext' || on.some(isLater)) return []
    return [{ on, kind } satisfies { on: readonly string[]; kind: Exclude<IndexKind, 'fulltext'> }]
  })
}

const RELATIONS: ReadonlySet<string> = new Set(['many', 'single', 'inverse', 'manyToMany'])

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}

function idProblems(entity: string, own: readonly Named[]): readonly Problem[] {
  const ids = own.filter(({ spec }) => spec.kind.kind === 'id')
  if (!ids.some(({ name }) => name === 'id')) {
    return [problem('NO_ID', [entity], `Every entity has an id; add id: f.id() to ${entity}`)]
  }
  return ids
    .filter(({ name }) => name !== 'id')
    .map(({ name }) =>
      problem('NO_ID', [entity, name], 'An entity has one id, and it is called id; take this one away'),
    )
}

function fieldProblems(entity: string, { name, spec }: Named, fields: Entity['fields']): readonly Problem[] {
  const path = [entity, name]
  const { kind } = spec
  const found: Problem[] = refused(path, spec)
  if (kind.kind !== 'id' && name === 'id') {
    found.push(
      problem('NO_ID', path, 'The field id holds the id; write id: f.id() and give this field another name'),
    )
  }
  if (kind.kind === 'set') {
    const of = kind.of.kind.kind
    const plain = of === 'scalar' || of === 'enum'
    if (!plain)
      found.push(problem('BAD_SET', path, 'A set holds scalars or enum values, like f.set(f.string())'))
    for (const modifier of new Set(kind.of.modifiers)) {
      found.push(
        problem('BAD_MODIFIER', path, `.${modifier}() means nothing on the elements of a set; take it away`),
      )
    }
  }
  if (spec.default?.kind === 'literal' && spec.default.value === undefined) {
    found.push(
      problem('BAD_DEFAULT', path, 'The default is undefined; give a value, or take .default() away'),
    )
  }
  if (kind.kind === 'state') found.push(...stateProblems(path, kind.graph))
  if (kind.kind === 'oneOf' && kind.to.length === 0) {
    found.push(
      problem('UNKNOWN_ENTITY', path, "f.oneOf() needs entities to refer to: f.oneOf('Post', 'Comment')"),
    )
  }
  const within = kind.kind === 'serial' ? kind.within : (spec.unique?.within ?? [])
  for (const other of within) {
    if (Object.hasOwn(fields, other)) continue
    found.push(problem('BAD_WITHIN', path, `${entity} has no field ${other} to be unique within`))
  }
  return found
}

function stateProblems(
  path: readonly string[],
  graph: { readonly [state: string]: object },
): readonly Problem[] {
  const states = Object.keys(graph)
  if (states.length === 0)
    return [problem('BAD_STATE', path, 'A state machine needs states; the first is the initial one')]
  return Object.entries(graph).flatMap(([state, events]) =>
    Object.entries(events)
      .filter(([, next]) => !states.includes(String(next)))
      .map(([event, next]) =>
        problem(
          'BAD_STATE',
          path,
          `${state}.${event} leads to ${next}, which is no state; the states are ${states.join(', ')}`,
        ),
      ),
  )
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

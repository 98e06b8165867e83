import { type Problem, problem } from '../problem.ts'
import type { EdgeRelationIR, EntityIR, FieldIR, IndexIR, ModelIR, TypeIR } from './ir.ts'
import { isReference, referredEntities } from './refer.ts'
import { type UniqueKey, uniqueKeys } from './unique.ts'

/** One difference between two models that a database has to follow. */
export interface Step {
  readonly kind: AdditiveKind | DestructiveKind
  /** In the names of the new model; of the old one for what was removed. */
  readonly path: readonly string[]
  /** The old path, of renames only. */
  readonly was?: readonly string[]
  /** The index, of `addIndex` and `dropIndex` only. */
  readonly index?: IndexIR
  /** The index of the claim table, of `addUnique` and `dropUnique` only. */
  readonly claims?: string
  /** One line for people. */
  readonly text: string
}

/** Loses nothing, and every row that is there stays valid. */
export type AdditiveKind =
  | 'addEntity'
  | 'addField'
  | 'addRelation'
  | 'addIndex'
  | 'dropIndex'
  | 'addEnumValue'
  | 'makeOptional'
  | 'dropUnique'
  | 'renameEntity'
  | 'renameField'
  | 'renameRelation'

/** Loses data, or rows that are there may not be valid any more. */
export type DestructiveKind =
  | 'removeEntity'
  | 'removeField'
  | 'removeRelation'
  | 'changeType'
  | 'changeRelation'
  | 'changeKey'
  | 'changePrefix'
  | 'removeEnumValue'
  | 'makeRequired'
  | 'addUnique'

export interface Comparison {
  readonly additive: readonly Step[]
  readonly destructive: readonly Step[]
  /** What no migration could do: `NEEDS_DEFAULT`. */
  readonly problems: readonly Problem[]
}

/**
 * What it takes to get from one model to another. Members are the same if their numbers are: both models must be
 * numbered by the same line of locks. Names in GraphQL, inverses, defaults and `onDelete` need no step.
 */
export function compareModels(old: ModelIR, next: ModelIR): Comparison {
  const both: Both = { old: numbersOf(old), next: numbersOf(next) }
  const parts = [
    ...pairs(old.entities, next.entities).map(([before, after]) => entitySteps(both, before, after)),
    ...pairs(old.relations, next.relations).map(([before, after]) => relationSteps(both, before, after)),
  ]
  const steps = parts.flatMap(part => part.steps)
  return {
    additive: steps.filter(step => !DESTRUCTIVE.has(step.kind)),
    destructive: steps.filter(step => DESTRUCTIVE.has(step.kind)),
    problems: parts.flatMap(part => part.problems ?? []),
  }
}

const DESTRUCTIVE: ReadonlySet<Step['kind']> = new Set<DestructiveKind>([
  'removeEntity',
  'removeField',
  'removeRelation',
  'changeType',
  'changeRelation',
  'changeKey',
  'changePrefix',
  'removeEnumValue',
  'makeRequired',
  'addUnique',
])

interface Part {
  readonly steps: readonly Step[]
  readonly problems?: readonly Problem[]
}

/** Entity numbers by name: a relation that leads to a renamed entity has not changed. */
interface Both {
  readonly old: ReadonlyMap<string, number>
  readonly next: ReadonlyMap<string, number>
}

function numbersOf(model: ModelIR): ReadonlyMap<string, number> {
  return new Map(model.entities.map(({ name, number }) => [name, number]))
}

type Pair<T> = readonly [T, T] | readonly [T, null] | readonly [null, T]

/** Members with equal numbers; the removed ones first, then in the order of the new model. */
function pairs<T extends { readonly number: number }>(
  old: readonly T[],
  next: readonly T[],
): readonly Pair<T>[] {
  const before = new Map(old.map(member => [member.number, member]))
  const after = new Set(next.map(({ number }) => number))
  return [
    ...old.filter(({ number }) => !after.has(number)).map(gone => [gone, null] as const),
    ...next.map(member => {
      const was = before.get(member.number)
      return was ? ([was, member] as const) : ([null, member] as const)
    }),
  ]
}

function entitySteps(both: Both, before: EntityIR | null, after: EntityIR | null): Part {
  if (!after) {
    const name = before?.name ?? ''
    return { steps: [{ kind: 'removeEntity', path: [name], text: `drop ${name} and all its rows` }] }
  }
  const { name } = after
  if (!before) {
    const text = `add ${name} with ${after.fields.map(field => field.name).join(', ') || 'no fields'}`
    return {
      steps: [
        { kind: 'addEntity', path: [name], text },
        ...after.indexes.map(index => indexStep('addIndex', name, index)),
      ],
    }
  }
  const fields = pairs(before.fields, after.fields).map(([was, is]) =>
    fieldSteps(both, before.name, name, was, is),
  )
  const steps: Step[] = []
  if (before.name !== name) {
    steps.push({
      kind: 'renameEntity',
      path: [name],
      was: [before.name],
      text: `rename ${before.name} to ${name}`,
    })
  }
  if (before.prefix !== after.prefix) {
    const text = `ids of ${name} would start with ${after.prefix}_ instead of ${before.prefix}_`
    steps.push({ kind: 'changePrefix', path: [name, 'prefix'], text })
  }
  if (!sameList(keyNumbers(before), keyNumbers(after))) {
    const text = `ids of ${name} would be made from ${after.key.join(', ') || 'chance'} instead of ${before.key.join(', ') || 'chance'}`
    steps.push({ kind: 'changeKey', path: [name, 'id'], text })
  }
  return {
    steps: [
      ...steps,
      ...fields.flatMap(part => part.steps),
      ...indexSteps(before, after),
      ...uniqueSteps(before, after),
    ],
    problems: fields.flatMap(part => part.problems ?? []),
  }
}

function keyNumbers({ key, fields }: EntityIR): readonly number[] {
  return key.map(name => fields.find(field => field.name === name)?.number ?? 0)
}

function fieldSteps(
  both: Both,
  oldEntity: string,
  entity: string,
  before: FieldIR | null,
  after: FieldIR | null,
): Part {
  if (!after) {
    const path = [oldEntity, before?.name ?? '']
    return { steps: [{ kind: 'removeField', path, text: `drop ${path.join('.')} and its values` }] }
  }
  const path = [entity, after.name]
  const place = path.join('.')
  if (!before) return addedField(path, after)
  const step = (kind: Step['kind'], text: string): Step => ({ kind, path, text })
  const steps: Step[] = []
  if (before.name !== after.name) {
    const was = [oldEntity, before.name]
    steps.push({ kind: 'renameField', path, was, text: `rename ${was.join('.')} to ${place}` })
  }
  if (before.optional && !after.optional) {
    steps.push(step('makeRequired', `${place} would be required, and rows may be without it`))
  }
  if (!before.optional && after.optional) steps.push(step('makeOptional', `${place} may be missing`))
  return { steps: [...steps, ...typeSteps(both, before, after, step, place)] }
}

function addedField(path: readonly string[], field: FieldIR): Part {
  const place = path.join('.')
  const isFilled = field.optional || field.default !== undefined || field.crdt !== 'register'
  const filling =
    field.default === undefined ? '' : `, ${JSON.stringify(field.default)} in the rows that are there`
  const steps: Step[] = [{ kind: 'addField', path, text: `add ${place}${filling}` }]
  if (isFilled) return { steps }
  const remedy = isReference(field.type)
    ? 'make it .optional()'
    : 'give it a .default(...) or make it .optional()'
  const message = `${place} is new and required, and the rows that are there have no value for it; ${remedy}`
  return { steps, problems: [problem('NEEDS_DEFAULT', path, message)] }
}

function typeSteps(
  both: Both,
  before: FieldIR,
  after: FieldIR,
  step: (kind: Step['kind'], text: string) => Step,
  place: string,
): readonly Step[] {
  const was = before.type
  const is = after.type
  if (was.kind === 'enum' && is.kind === 'enum' && before.crdt === after.crdt) {
    return [
      ...was.values
        .filter(value => !is.values.includes(value))
        .map(value => step('removeEnumValue', `${place} would lose the value '${value}'`)),
      ...is.values
        .filter(value => !was.values.includes(value))
        .map(value => step('addEnumValue', `${place} gets the value '${value}'`)),
    ]
  }
  if (was.kind === 'ref' && is.kind === 'ref' && both.old.get(was.to) === both.next.get(is.to)) {
    return []
  }
  // Ids of all entities stand in a column of one type, so another target changes nothing in the rows that are there.
  if (was.kind === 'refs' && is.kind === 'refs') {
    const kept = new Set(is.to.map(to => both.next.get(to)))
    if (was.to.every(to => kept.has(both.old.get(to)))) return []
  }
  const [one, other] = [wordsOf(before.crdt, was), wordsOf(after.crdt, is)]
  const isScalar = was.kind === 'scalar' && is.kind === 'scalar'
  return isScalar && one === other ? [] : [step('changeType', `${place} would be ${other} instead of ${one}`)]
}

function wordsOf(crdt: FieldIR['crdt'], type: TypeIR): string {
  const words =
    type.kind === 'scalar'
      ? scalarWords(type)
      : isReference(type)
        ? `a reference to ${referredEntities(type).join(' or ')}`
        : 'an enum'
  return crdt === 'register' ? words : `a ${crdt} of ${words}`
}

function scalarWords(type: Extract<TypeIR, { kind: 'scalar' }>): string {
  return type.scalar === 'decimal' ? `a decimal of ${type.scale} places` : type.scalar
}

function relationSteps(
  { old, next }: Both,
  before: EdgeRelationIR | null,
  after: EdgeRelationIR | null,
): Part {
  if (!after) {
    const name = before?.name ?? ''
    return {
      steps: [
        { kind: 'removeRelation', path: name.split('.'), text: `drop the relation ${name} and its edges` },
      ],
    }
  }
  const path = after.name.split('.')
  if (!before) {
    return {
      steps: [
        {
          kind: 'addRelation',
          path,
          text: `add the relation ${after.name} from ${after.from} to ${after.to}`,
        },
      ],
    }
  }
  const steps: Step[] = []
  if (before.name !== after.name) {
    const text = `rename the relation ${before.name} to ${after.name}`
    steps.push({ kind: 'renameRelation', path, was: before.name.split('.'), text })
  }
  if (old.get(before.from) !== next.get(after.from) || old.get(before.to) !== next.get(after.to)) {
    const text = `${after.name} would lead from ${after.from} to ${after.to} instead of from ${before.from} to ${before.to}`
    steps.push({ kind: 'changeRelation', path, text })
  }
  return { steps }
}

/** Indexes have no numbers: they are the same if kind and fields are, whatever these are called. */
function indexSteps(before: EntityIR, after: EntityIR): readonly Step[] {
  const forms = (entity: EntityIR): ReadonlyMap<string, IndexIR> =>
    new Map(
      entity.indexes.map(index => {
        const numbers = index.on.map(name => entity.fields.find(field => field.name === name)?.number ?? 0)
        return [`${index.kind} ${numbers.join(' ')}`, index]
      }),
    )
  const [was, is] = [forms(before), forms(after)]
  return [
    ...[...was]
      .filter(([form]) => !is.has(form))
      .map(([, index]) => indexStep('dropIndex', before.name, index)),
    ...[...is]
      .filter(([form]) => !was.has(form))
      .map(([, index]) => indexStep('addIndex', after.name, index)),
  ]
}

/**
 * A key over a field that is new and empty is held by no row that is there. Any other new one may be broken already,
 * unless there are no rows: whoever migrates looks.
 */
function uniqueSteps(before: EntityIR, after: EntityIR): readonly Step[] {
  const [was, is] = [uniqueKeys(before), uniqueKeys(after)]
  const numbers = new Set(before.fields.map(({ number }) => number))
  const isEmpty = ({ on }: UniqueKey): boolean =>
    on.some(field => !numbers.has(field.number) && field.optional && field.default === undefined)
  const missing = (keys: readonly UniqueKey[], others: readonly UniqueKey[]): readonly UniqueKey[] =>
    keys.filter(key => !others.some(({ index }) => index === key.index))
  return [
    ...missing(was, is).map(key => uniqueStep('dropUnique', before, key)),
    ...missing(is, was)
      .filter(key => !isEmpty(key))
      .map(key => uniqueStep('addUnique', after, key)),
  ]
}

function uniqueStep(kind: 'addUnique' | 'dropUnique', entity: EntityIR, { index, on }: UniqueKey): Step {
  const names = on.map(({ name }) => name)
  const [only] = on
  const single = on.length === 1 && only !== undefined
  const path = single ? [entity.name, only.name] : [entity.name, 'index', names.join('+')]
  const place = single ? `${entity.name}.${only.name}` : `${names.join(' and ')} of ${entity.name}`
  const oneToOne = single && only.type.kind === 'ref'
  const is = single ? 'is' : 'are'
  if (kind === 'dropUnique') {
    return {
      kind,
      path,
      claims: index,
      text: `${place} ${is} no longer ${oneToOne ? 'one-to-one' : 'unique'}`,
    }
  }
  const text = oneToOne
    ? `${place} would be one-to-one, and several rows may refer to the same ${only.type.kind === 'ref' ? only.type.to : ''}`
    : `${place} would be unique, and several rows may hold the same`
  return { kind, path, claims: index, text }
}

function indexStep(kind: 'addIndex' | 'dropIndex', entity: string, index: IndexIR): Step {
  const verb = kind === 'addIndex' ? 'add' : 'drop'
  const text = `${verb} the ${index.kind} index of ${entity} on ${index.on.join(', ')}`
  return { kind, path: [entity, 'index', index.on.join('+')], index, text }
}

function sameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((member, at) => member === other[at])
}

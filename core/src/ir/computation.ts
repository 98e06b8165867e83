import { DECIMAL_DIGITS } from '../decimal.ts'
import type { Computation, EdgeRelationIR, EntityIR, TypeIR } from './ir.ts'

/** What a computed field comes to. */
export interface Computed {
  readonly type: TypeIR
  /** It may be null: an operand may be missing, or a sum of floats beyond what a double holds. */
  readonly optional: boolean
}

/** Why there is no such value; `message` is a whole sentence. */
export interface Uncomputable {
  readonly message: string
}

/** A model by name. */
export interface Known {
  readonly entities: ReadonlyMap<string, EntityIR>
  readonly relations: ReadonlyMap<string, EdgeRelationIR>
}

/**
 * The type of a computation about a row of `entity`. Whole numbers and their sums are bigint of any length, as are
 * constants like 2; with a decimal among them they are decimal, exactly, of all the places that can matter; with a
 * float they are float. A count is an int, and a field alone keeps its type. O(size), through computed fields too.
 */
export function typeOfComputation(
  known: Known,
  entity: string,
  says: Computation,
  within: readonly string[] = [],
): Computed | Uncomputable {
  switch (says.kind) {
    case 'value':
      return constantType(says.value)
    case 'path':
      return typeOfPath(known, entity, says.path, within)
    case 'count': {
      const related = relatedOf(known, entity, says.path)
      return 'message' in related ? related : { type: INT, optional: related.optional }
    }
    case 'sum': {
      const related = relatedOf(known, entity, says.path)
      if ('message' in related) return related
      const of = typeOfComputation(known, related.entity, says.of, within)
      return 'message' in of ? of : arithmetic({ ...of, optional: related.optional }, ZERO, Math.max)
    }
    default: {
      const left = typeOfComputation(known, entity, says.left, within)
      if ('message' in left) return left
      const right = typeOfComputation(known, entity, says.right, within)
      if ('message' in right) return right
      return arithmetic(left, right, says.kind === 'times' ? (a, b) => a + b : Math.max)
    }
  }
}

const INT: TypeIR = { kind: 'scalar', scalar: 'int' }
const BIGINT: TypeIR = { kind: 'scalar', scalar: 'bigint' }
const ZERO: Computed = { type: BIGINT, optional: false }

/** The places of an exact number, `float`, or null for what is no number. */
export function placesOf(type: TypeIR): number | 'float' | null {
  if (type.kind !== 'scalar') return null
  if (type.scalar === 'int' || type.scalar === 'bigint') return 0
  if (type.scalar === 'decimal') return type.scale
  return type.scalar === 'float' ? 'float' : null
}

function arithmetic(
  left: Computed,
  right: Computed,
  places: (a: number, b: number) => number,
): Computed | Uncomputable {
  const [a, b] = [placesOf(left.type), placesOf(right.type)]
  if (a === null || b === null)
    return { message: 'Only numbers can be added, subtracted, multiplied and summed' }
  const optional = left.optional || right.optional
  if (a === 'float' || b === 'float') return { type: { kind: 'scalar', scalar: 'float' }, optional: true }
  const scale = places(a, b)
  if (scale > DECIMAL_DIGITS)
    return { message: `The product would have ${scale} decimal places; ${DECIMAL_DIGITS} are the most` }
  return { type: scale ? { kind: 'scalar', scalar: 'decimal', scale } : BIGINT, optional }
}

function constantType(value: unknown): Computed | Uncomputable {
  const [, fraction = ''] = /^-?\d+(?:\.(\d+))?$/.exec(String(value)) ?? ['', null]
  if (fraction === null || typeof value === 'boolean')
    return { message: `${JSON.stringify(value)} is no number to compute with` }
  const scale = fraction.length
  return { type: scale ? { kind: 'scalar', scalar: 'decimal', scale } : BIGINT, optional: false }
}

function typeOfPath(
  known: Known,
  entity: string,
  path: readonly string[],
  within: readonly string[],
): Computed | Uncomputable {
  const end = walk(known, entity, path)
  if ('message' in end) return end
  const { owner, last } = end
  const place = `${owner.name}.${last}`
  const computed = owner.computed?.find(({ name }) => name === last)
  if (computed) {
    if (within.includes(place))
      return { message: `${[...within, place].join(', ')}: the computed fields need each other` }
    const made = typeOfComputation(known, owner.name, computed.says, [...within, place])
    return 'message' in made ? made : { ...made, optional: made.optional || end.optional }
  }
  if (last === 'id') return { type: { kind: 'scalar', scalar: 'id' }, optional: end.optional }
  const field = owner.fields.find(({ name }) => name === last)
  if (!field) return { message: `${owner.name} has no field ${last}` }
  if (field.type.kind !== 'scalar' || (field.crdt !== 'register' && field.crdt !== 'counter'))
    return { message: `${place} cannot be computed with: name a scalar field or a counter` }
  return { type: field.type, optional: end.optional || field.optional }
}

function relatedOf(
  known: Known,
  entity: string,
  path: readonly string[],
): { readonly entity: string; readonly optional: boolean } | Uncomputable {
  const end = walk(known, entity, path)
  if ('message' in end) return end
  const relation = end.owner.inverses.find(({ name }) => name === end.last)
  if (!relation || relation.kind === 'single')
    return { message: `${end.owner.name}.${end.last} is no to-many relation` }
  if (relation.kind === 'many') return { entity: relation.from, optional: end.optional }
  const edges = known.relations.get(relation.relation)
  if (!edges) return { message: `There is no relation ${relation.relation}` }
  return { entity: relation.end === 'from' ? edges.to : edges.from, optional: end.optional }
}

interface End {
  readonly owner: EntityIR
  readonly last: string
  readonly optional: boolean
}

function walk(known: Known, entity: string, path: readonly string[]): End | Uncomputable {
  let owner = known.entities.get(entity)
  let optional = false
  for (const step of path.slice(0, -1)) {
    const type = owner?.fields.find(({ name }) => name === step)?.type
    const single = owner?.inverses.find(one => one.kind === 'single' && one.name === step)
    const to = type?.kind === 'ref' ? type.to : single?.kind === 'single' ? single.from : undefined
    if (to === undefined) return { message: `${owner?.name ?? entity}.${step} is no relation to one row` }
    owner = known.entities.get(to)
    optional = true
  }
  const last = path.at(-1)
  if (!owner || last === undefined) return { message: `${entity}.${path.join('.')} leads nowhere` }
  return { owner, last, optional }
}

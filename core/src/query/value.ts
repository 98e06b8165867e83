import type { Catalog } from '../ir/catalog.ts'
import { placesOf } from '../ir/computation.ts'
import type { Computation, TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import { found, manyRouteOf, type Route, routeOf, type Step } from './path.ts'
import type { Row } from './query.ts'
import { exactly, plus, type Sum, sumNumber, sumText, times } from './sum.ts'

/** How an evaluation reaches other rows: those that are visible, whole. */
export interface Lookup {
  row(entity: string, id: string): Row | null
  /** The rows at the other end of `entity.relation` (to-many, single or many-to-many) of the row `id`. */
  related(entity: string, relation: string, id: string): Iterable<Row>
}

/** For expressions about own fields and to-one ids only: following a relation is a bug and throws. */
export const NO_RELATIONS: Lookup = {
  row: entity => {
    throw new Error(`This expression may not look at other rows, but asks for ${entity}`)
  },
  related: (entity, relation) => {
    throw new Error(`This expression may not look at other rows, but follows ${entity}.${relation}`)
  },
}

/** Of a row that is no more: it leads nowhere, and nothing leads to it. */
export const NOTHING_RELATED: Lookup = { row: () => null, related: () => [] }

/** A value of a row, or of one it leads to. */
export type Read = (row: Row, lookup: Lookup) => Json

/** The value at the end of a route, null where the field is null or a target is missing. */
export function valueAt(
  catalog: Catalog,
  entity: string,
  { steps, entity: owner, field, type, says }: Route,
): Read {
  if (says) {
    const made = computed(catalog, owner, type, says)
    return (row, lookup) => {
      const at = follow(entity, steps, row, lookup)
      return at && made(at, lookup)
    }
  }
  if (steps.length === 0) return row => row[field] ?? null
  return (row, lookup) => follow(entity, steps, row, lookup)?.[field] ?? null
}

/** The row that a chain of to-one and single relations leads to. */
export function follow(entity: string, steps: readonly Step[], row: Row, lookup: Lookup): Row | null {
  let at: Row | null = row
  let owner = entity
  for (const step of steps) {
    if (at === null) return null
    at =
      step.kind === 'ref'
        ? referred(step.to, at[step.field], lookup)
        : first(lookup.related(owner, step.field, at.id))
    owner = step.to
  }
  return at
}

function referred(entity: string, id: Json | undefined, lookup: Lookup): Row | null {
  return typeof id === 'string' ? lookup.row(entity, id) : null
}

function first(rows: Iterable<Row>): Row | null {
  for (const row of rows) return row
  return null
}

/** The values of computed fields in a read, by name; null where none is wanted. store/compile/computed means the same in SQL. */
export function computedReads(
  catalog: Catalog,
  entity: string,
  fields: readonly string[],
): readonly (readonly [string, Read])[] {
  const view = catalog.entity(entity)
  return fields.flatMap(name => {
    const made = view.computed.get(name)
    return made ? [[name, computed(catalog, entity, made.type, made.says)] as const] : []
  })
}

/** A computation in the one form of its type. */
function computed(catalog: Catalog, entity: string, type: TypeIR, says: Computation): Read {
  const places = placesOf(type)
  if (says.kind === 'path' || places === null) return plain(catalog, entity, says)
  const exact = exactValue(catalog, entity, says)
  const isInt = type.kind === 'scalar' && type.scalar === 'int'
  return (row, lookup) => {
    const value = exact(row, lookup)
    if (value === null) return null
    if (places === 'float') return sumNumber(value)
    return isInt ? Number(value.digits) : sumText(value, places)
  }
}

function plain(catalog: Catalog, entity: string, says: Computation): Read {
  if (says.kind !== 'path') throw new Error(`A ${says.kind} is a number`)
  return valueAt(catalog, entity, found(routeOf(catalog, entity, says.path)))
}

type Exact = (row: Row, lookup: Lookup) => Sum | null

function exactValue(catalog: Catalog, entity: string, says: Computation): Exact {
  switch (says.kind) {
    case 'value': {
      const value = exactly(String(says.value))
      return () => value
    }
    case 'path': {
      const read = plain(catalog, entity, says)
      return (row, lookup) => {
        const value = read(row, lookup)
        return value === null ? null : exactly(String(value))
      }
    }
    case 'count':
    case 'sum':
      return overRelated(catalog, entity, says)
    default: {
      const left = exactValue(catalog, entity, says.left)
      const right = exactValue(catalog, entity, says.right)
      const { kind } = says
      return (row, lookup) => {
        const a = left(row, lookup)
        const b = a && right(row, lookup)
        if (a === null || b === null) return null
        if (kind === 'times') return times(a, b)
        return plus(a, kind === 'plus' ? b : { ...b, digits: -b.digits })
      }
    }
  }
}

function overRelated(
  catalog: Catalog,
  entity: string,
  says: Extract<Computation, { kind: 'count' | 'sum' }>,
): Exact {
  const { steps, entity: owner, relation, to } = found(manyRouteOf(catalog, entity, says.path))
  const each: Exact = says.kind === 'sum' ? exactValue(catalog, to, says.of) : () => ONE
  return (row, lookup) => {
    const at = follow(entity, steps, row, lookup)
    if (at === null) return null
    let sum: Sum = NOUGHT
    for (const other of lookup.related(owner, relation.name, at.id)) {
      const value = each(other, lookup)
      if (value !== null) sum = plus(sum, value)
    }
    return sum
  }
}

const ONE: Sum = { digits: 1n, places: 0 }
const NOUGHT: Sum = { digits: 0n, places: 0 }

/** The entities whose rows a computed field of `entity` reads, beside the row itself. */
export function computedReach(catalog: Catalog, entity: string, says: Computation): readonly string[] {
  switch (says.kind) {
    case 'value':
      return []
    case 'path': {
      const { steps, entity: owner, says: inner } = found(routeOf(catalog, entity, says.path))
      return [...steps.map(({ to }) => to), ...(inner ? computedReach(catalog, owner, inner) : [])]
    }
    case 'count':
    case 'sum': {
      const { steps, to } = found(manyRouteOf(catalog, entity, says.path))
      const reached = [...steps.map(step => step.to), to]
      return says.kind === 'sum' ? [...reached, ...computedReach(catalog, to, says.of)] : reached
    }
    default:
      return [...computedReach(catalog, entity, says.left), ...computedReach(catalog, entity, says.right)]
  }
}

import type { Catalog } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import { isList } from '../json.ts'
import type { Comparison, Expression, Operand, TextTest } from './expression.ts'
import { found, type ManyRoute, manyRouteOf, routeOf } from './path.ts'
import type { Row } from './query.ts'
import { compareOf, type Family, familyOf } from './scalar.ts'
import { follow, type Lookup, valueAt } from './value.ts'

export { type Lookup, NO_RELATIONS, valueAt } from './value.ts'

/** Whether an expression holds for a row. */
export type Predicate = (row: Row, lookup: Lookup) => boolean

/**
 * Compiles an expression about rows of `entity`, once for many. Two-valued, exactly as core/query/expression says;
 * store/compile means the same in SQL. Throws on paths the model does not have: check what strangers send first
 * (core/query/check).
 */
export function predicate(catalog: Catalog, entity: string, expression: Expression): Predicate {
  const inner = (part: Expression) => predicate(catalog, entity, part)
  const read = (operand: Operand) => reader(catalog, entity, operand)
  switch (expression.kind) {
    case 'and': {
      const parts = expression.of.map(inner)
      return (row, lookup) => parts.every(part => part(row, lookup))
    }
    case 'or': {
      const parts = expression.of.map(inner)
      return (row, lookup) => parts.some(part => part(row, lookup))
    }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const holds = COMPARISONS[expression.kind]
      const left = read(expression.left)
      const right = read(expression.right)
      const compare = compareOf(commonFamily(left, right))
      return (row, lookup) => {
        const a = left.value(row, lookup)
        const b = right.value(row, lookup)
        return a !== null && b !== null && holds(compare(a, b))
      }
    }
    case 'in':
    case 'notIn':
      return among(read(expression.left), expression.values, expression.kind === 'in')
    case 'contains':
    case 'notContains':
    case 'startsWith':
    case 'notStartsWith': {
      const holds = TEXT_TESTS[expression.kind]
      const { text } = expression
      return present(read(expression.left), value => typeof value === 'string' && holds(value, text))
    }
    case 'isNull':
    case 'isNotNull': {
      const { value } = read(expression.left)
      const wanted = expression.kind === 'isNull'
      return (row, lookup) => (value(row, lookup) === null) === wanted
    }
    case 'has':
    case 'hasNot': {
      const { element } = expression
      const wanted = expression.kind === 'has'
      return present(read(expression.left), value => isList(value) && value.includes(element) === wanted)
    }
    case 'some':
    case 'none':
      return related(catalog, entity, expression)
  }
}

/** What a comparison's operator makes of the order of its operands. */
export const COMPARISONS: { readonly [C in Comparison]: (order: number) => boolean } = {
  eq: order => order === 0,
  ne: order => order !== 0,
  lt: order => order < 0,
  lte: order => order <= 0,
  gt: order => order > 0,
  gte: order => order >= 0,
}

export const TEXT_TESTS: { readonly [T in TextTest]: (value: string, text: string) => boolean } = {
  contains: (value, text) => value.includes(text),
  notContains: (value, text) => !value.includes(text),
  startsWith: (value, text) => value.startsWith(text),
  notStartsWith: (value, text) => !value.startsWith(text),
}

/** Reads an operand; null where the field is or the way to it breaks off. */
interface Reading {
  /** Null for a constant, which takes the family of what it is compared with. */
  readonly family: Family | null
  readonly value: (row: Row, lookup: Lookup) => Json
}

function reader(catalog: Catalog, entity: string, operand: Operand): Reading {
  if (operand.kind === 'value') return { family: null, value: () => operand.value }
  const route = found(routeOf(catalog, entity, operand.path))
  return { family: familyOf(route.type), value: valueAt(catalog, entity, route) }
}

function present({ value }: Reading, holds: (value: Json) => boolean): Predicate {
  return (row, lookup) => {
    const operand = value(row, lookup)
    return operand !== null && holds(operand)
  }
}

/** Values of one type have one JSON form each, so being equal is being identical. */
function among(left: Reading, values: readonly Json[], wanted: boolean): Predicate {
  const set = new Set(values)
  return present(left, value => set.has(value) === wanted)
}

function related(
  catalog: Catalog,
  entity: string,
  expression: Extract<Expression, { kind: 'some' | 'none' }>,
): Predicate {
  const route: ManyRoute = found(manyRouteOf(catalog, entity, expression.path))
  const holds = predicate(catalog, route.to, expression.where)
  const wanted = expression.kind === 'some'
  return (row, lookup) => {
    const at = follow(entity, route.steps, row, lookup)
    if (at === null) return false
    for (const other of lookup.related(route.entity, route.relation.name, at.id)) {
      if (holds(other, lookup)) return wanted
    }
    return !wanted
  }
}

/** Two constants compare as what they look like; checked expressions have at least one field. */
function commonFamily(left: Reading, right: Reading): Family {
  return left.family ?? right.family ?? 'text'
}

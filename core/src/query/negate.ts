import type { Expression } from './expression.ts'

/**
 * The opposite of an expression, with negation pushed into its operators, so that there is no `not` node.
 * Wherever no operand is null and no target missing it is the complement; where one is, most operators and their
 * opposites are both false (core/query/expression). Its own inverse. O(nodes).
 */
export function negate(expression: Expression): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { kind: OPPOSITE[expression.kind], of: expression.of.map(negate) }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { ...expression, kind: OPPOSITE[expression.kind] }
    case 'in':
    case 'notIn':
      return { ...expression, kind: OPPOSITE[expression.kind] }
    case 'contains':
    case 'notContains':
    case 'startsWith':
    case 'notStartsWith':
      return { ...expression, kind: OPPOSITE[expression.kind] }
    case 'isNull':
    case 'isNotNull':
      return { ...expression, kind: OPPOSITE[expression.kind] }
    case 'has':
    case 'hasNot':
      return { ...expression, kind: OPPOSITE[expression.kind] }
    case 'some':
    case 'none':
      return { ...expression, kind: OPPOSITE[expression.kind] }
  }
}

const OPPOSITE = {
  and: 'or',
  or: 'and',
  eq: 'ne',
  ne: 'eq',
  lt: 'gte',
  gte: 'lt',
  gt: 'lte',
  lte: 'gt',
  in: 'notIn',
  notIn: 'in',
  contains: 'notContains',
  notContains: 'contains',
  startsWith: 'notStartsWith',
  notStartsWith: 'startsWith',
  isNull: 'isNotNull',
  isNotNull: 'isNull',
  has: 'hasNot',
  hasNot: 'has',
  some: 'none',
  none: 'some',
} as const satisfies { readonly [K in Expression['kind']]: Expression['kind'] }

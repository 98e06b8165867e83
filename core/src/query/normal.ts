import type { Catalog } from '../ir/catalog.ts'
import type { TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import type { Expression, Operand } from './expression.ts'
import { isLost, manyRouteOf, routeOf } from './path.ts'
import { parseValue } from './scalar.ts'

/** The one form of a value that has several; what is no value of the type stays as it is. */
export function normalForm(type: TypeIR, value: Json): Json {
  const parsed = value === null ? null : parseValue(type, value)
  return parsed?.ok ? parsed.value : value
}

/**
 * The expression with every constant in the one form of the field it is compared with: `12.5` as `12.50`. What
 * leads nowhere or fits no field stays as it is, for `checkExpression` to refuse. O(nodes).
 */
export function normalExpression(catalog: Catalog, entity: string, expression: Expression): Expression {
  const typeOf = (operand: Operand): TypeIR | null => {
    const route = operand.kind === 'path' ? routeOf(catalog, entity, operand.path) : null
    return route && !isLost(route) ? route.type : null
  }
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, of: expression.of.map(part => normalExpression(catalog, entity, part)) }
    case 'some':
    case 'none': {
      const route = manyRouteOf(catalog, entity, expression.path)
      if (isLost(route)) return expression
      return { ...expression, where: normalExpression(catalog, route.to, expression.where) }
    }
    case 'in':
    case 'notIn': {
      const type = typeOf(expression.left)
      return type
        ? { ...expression, values: expression.values.map(one => normalForm(type, one)) }
        : expression
    }
    case 'has':
    case 'hasNot': {
      const type = typeOf(expression.left)
      return type ? { ...expression, element: normalForm(type, expression.element) } : expression
    }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const { left, right } = expression
      return {
        ...expression,
        left: normalOperand(left, typeOf(right)),
        right: normalOperand(right, typeOf(left)),
      }
    }
    default:
      return expression
  }
}

function normalOperand(operand: Operand, type: TypeIR | null): Operand {
  if (operand.kind !== 'value' || !type) return operand
  return { kind: 'value', value: normalForm(type, operand.value) }
}

import type { Expression } from '@zg/core/query/expression'

/** Whether an expression looks at other rows than the one it is about. O(nodes). */
export function crosses(where: Expression): boolean {
  switch (where.kind) {
    case 'and':
    case 'or':
      return where.of.some(crosses)
    case 'some':
    case 'none':
      return true
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return [where.left, where.right].some(operand => operand.kind === 'path' && operand.path.length > 1)
    default:
      return where.left.kind === 'path' && where.left.path.length > 1
  }
}

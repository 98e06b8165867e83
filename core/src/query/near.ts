import type { Catalog } from '../ir/catalog.ts'
import type { Expression, Operand } from './expression.ts'
import { found, manyRouteOf, stepOf } from './path.ts'

/**
 * The same expression with the id of a to-one read off the row that refers to it: `director.id` as `director`. So what
 * only compares ids does not look across relations. It means the same wherever references lead to rows that are there,
 * which the writer sees to. O(nodes).
 */
export function nearIds(catalog: Catalog, entity: string, expression: Expression): Expression {
  if (expression.kind === 'and' || expression.kind === 'or')
    return { ...expression, of: expression.of.map(part => nearIds(catalog, entity, part)) }
  if ('path' in expression) {
    const { to } = found(manyRouteOf(catalog, entity, expression.path))
    return { ...expression, where: nearIds(catalog, to, expression.where) }
  }
  const near = (operand: Operand) => nearId(catalog, entity, operand)
  if ('right' in expression)
    return { ...expression, left: near(expression.left), right: near(expression.right) }
  return { ...expression, left: near(expression.left) }
}

function nearId(catalog: Catalog, entity: string, operand: Operand): Operand {
  if (operand.kind !== 'path' || operand.path.length < 2 || operand.path.at(-1) !== 'id') return operand
  const path = operand.path.slice(0, -1)
  let at = entity
  for (const [i, name] of path.entries()) {
    const step = stepOf(catalog.entity(at), name)
    if (!step) return operand
    // Through a polymorphic one only some ids lead on.
    if (i === path.length - 1 && (step.kind !== 'ref' || step.field !== name)) return operand
    at = step.to
  }
  return { kind: 'path', path }
}

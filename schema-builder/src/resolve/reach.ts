import type { Catalog } from '@zg/core/ir/catalog'
import type { Expression, Operand } from '@zg/core/query/expression'
import { found, manyRouteOf, routeOf, type Step } from '@zg/core/query/path'

/** Every other entity whose rows decide whether a checked filter holds: a live query depends on them too. */
export function reachOf(catalog: Catalog, entity: string, where: Expression): ReadonlySet<string> {
  const reached = new Set<string>()
  const through = (steps: readonly Step[]): void => {
    for (const { to } of steps) reached.add(to)
  }
  const read = (from: string, operand: Operand): void => {
    // A to-one at the end of the path is compared by its id, without its row.
    if (operand.kind === 'path') through(found(routeOf(catalog, from, operand.path)).steps)
  }
  const visit = (from: string, expression: Expression): void => {
    switch (expression.kind) {
      case 'and':
      case 'or':
        for (const part of expression.of) visit(from, part)
        return
      case 'some':
      case 'none': {
        const route = found(manyRouteOf(catalog, from, expression.path))
        through(route.steps)
        reached.add(route.to)
        visit(route.to, expression.where)
        return
      }
      default:
        read(from, expression.left)
        if ('right' in expression) read(from, expression.right)
    }
  }
  visit(entity, where)
  return reached
}

import type { Catalog } from '@zg/core/ir/catalog'
import type { Expression, Operand } from '@zg/core/query/expression'
import { found, manyRouteOf, type Step } from '@zg/core/query/path'
import type { Order } from '@zg/core/query/query'
import { isRank } from '@zg/core/query/search'
import { computedReach } from '@zg/core/query/value'

/** Also what is computed at the end of the path. */
function reachOfPath(catalog: Catalog, entity: string, path: readonly string[]): readonly string[] {
  return computedReach(catalog, entity, { kind: 'path', path })
}

/** Every other entity whose rows decide where a row stands in a checked order. */
export function orderReach(catalog: Catalog, entity: string, order: readonly Order[]): ReadonlySet<string> {
  return new Set(
    order.filter(item => !isRank(item)).flatMap(({ path }) => reachOfPath(catalog, entity, path)),
  )
}

/** Every other entity whose rows decide whether a checked filter holds: a live query depends on them too. */
export function reachOf(catalog: Catalog, entity: string, where: Expression): ReadonlySet<string> {
  const reached = new Set<string>()
  const through = (steps: readonly Step[]): void => {
    for (const { to } of steps) reached.add(to)
  }
  const read = (from: string, operand: Operand): void => {
    // A to-one at the end of the path is compared by its id, without its row.
    if (operand.kind === 'path') for (const to of reachOfPath(catalog, from, operand.path)) reached.add(to)
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

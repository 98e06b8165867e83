import type { Catalog } from '@zg/core/ir/catalog'
import type { Expression } from '@zg/core/query/expression'
import { targetOf } from '@zg/core/query/path'

/** Every entity whose rows decide whether the filter holds, `entity` excepted: a live query depends on them too. */
export function reachOf(catalog: Catalog, entity: string, where: Expression): ReadonlySet<string> {
  const reached = new Set<string>()
  const walk = (from: string, path: readonly string[]): string => {
    let at = from
    for (const name of path) {
      const view = catalog.entity(at)
      const type = view.fields.get(name)?.type
      const inverse = view.inverses.get(name)
      if (inverse) at = targetOf(catalog, inverse)
      else if (type?.kind === 'ref') at = type.to
      else break
      reached.add(at)
    }
    return at
  }
  const visit = (from: string, expression: Expression): void => {
    switch (expression.kind) {
      case 'and':
      case 'or':
        for (const part of expression.of) visit(from, part)
        return
      case 'some':
      case 'none':
        visit(walk(from, expression.path), expression.where)
        return
      default:
        // The last step is a data field, or a to-one whose id is compared and whose row is not read.
        if (expression.left.kind === 'path') walk(from, expression.left.path.slice(0, -1))
        if ('right' in expression && expression.right.kind === 'path')
          walk(from, expression.right.path.slice(0, -1))
    }
  }
  visit(entity, where)
  return reached
}

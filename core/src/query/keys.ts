import type { Json } from '../json.ts'
import type { Expression } from './expression.ts'

/** Values of one own field, or `id`: no row that has none of them matches. */
export interface Keys {
  readonly field: string
  readonly values: readonly Json[]
}

/**
 * The narrowest keys that a filter names, for an index of filters: a row needs to be judged by those only whose keys it
 * has. Null: it names none. O(nodes).
 */
export function keysOf(expression: Expression): Keys | null {
  switch (expression.kind) {
    case 'and': {
      const all = expression.of.flatMap(part => keysOf(part) ?? [])
      return all.toSorted((a, b) => a.values.length - b.values.length)[0] ?? null
    }
    case 'or': {
      const all = expression.of.map(keysOf)
      const [first] = all
      if (!first || all.some(keys => keys?.field !== first.field)) return null
      return { field: first.field, values: [...new Set(all.flatMap(keys => keys?.values ?? []))] }
    }
    case 'eq': {
      const { left, right } = expression
      if (left.kind === 'path' && right.kind === 'value') return keyed(left.path, [right.value])
      if (left.kind === 'value' && right.kind === 'path') return keyed(right.path, [left.value])
      return null
    }
    case 'in':
      return expression.left.kind === 'path' ? keyed(expression.left.path, expression.values) : null
    case 'isNull':
      return expression.left.kind === 'path' ? keyed(expression.left.path, [null]) : null
    default:
      return null
  }
}

function keyed([field, ...more]: readonly string[], values: readonly Json[]): Keys | null {
  return field !== undefined && more.length === 0 ? { field, values } : null
}

import type { Json } from '@zg/core/json'
import { LIST_LIMIT } from '@zg/core/query/check'
import type { Expression } from '@zg/core/query/expression'
import type { Query } from '@zg/core/query/query'

/** A row by the values of a unique key, in their one form. */
export interface KeyedRead {
  readonly entity: string
  readonly on: readonly string[]
  readonly values: readonly Json[]
}

/** One query for many rows by the same key; of a row that holds none of the values, nothing comes. */
export function keyedQuery(
  entity: string,
  on: readonly string[],
  lists: readonly KeyedRead['values'][],
): Query {
  const [only = ''] = on
  const where: Expression =
    on.length === 1
      ? { kind: 'in', left: { kind: 'path', path: [only] }, values: lists.flat() }
      : {
          kind: 'or',
          of: lists.map(values => ({ kind: 'and', of: on.map((name, i) => equals(name, values[i])) })),
        }
  return { entity, fields: on, where, order: [{ path: ['id'], direction: 'asc' }] }
}

function equals(name: string, value: Json | undefined): Expression {
  return {
    kind: 'eq',
    left: { kind: 'path', path: [name] },
    right: { kind: 'value', value: value ?? null },
  }
}

/** So many rows at once keep within the limits of one filter. */
export function keyedLimit(on: readonly string[]): number {
  return on.length === 1 ? LIST_LIMIT : Math.floor(900 / (on.length + 1))
}

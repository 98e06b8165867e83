import { type Check, json, list, oneOf, passed, record, refuse, text, words } from '@zg/core/change/check'
import type { Json } from '@zg/core/json'
import type { Shape } from '@zg/core/ports/feed'
import type { Problem } from '@zg/core/problem'
import type { Expression } from '@zg/core/query/expression'

/**
 * A shape as a stranger sent it: an entity's name and an expression, by form. Whether the model has the entity and its
 * fields is the feed's to say. A refusal is a problem with code `BAD_SHAPE`. O(size).
 */
export function parseShape(value: Json): Shape | Problem {
  const found = shape(value, [])
  return found ? { ...found, code: 'BAD_SHAPE' } : (value as unknown as Shape)
}

/** Values as they may stand in a filter. */
const DEPTH = 34
/** A little more than what `checkShape` lets through, so that it is the one to say so. */
const NESTED = 60

const kind = passed
const value = json(DEPTH)
const path = list(text(256), 1)
const operands: { readonly [kind: string]: Check } = {
  path: record({ kind, path }),
  value: record({ kind, value }),
}
const operand: Check = (given, at) => oneOf(operands)(given, at)

function expressionWithin(depth: number): Check {
  return (given, at) =>
    depth === 0 ? refuse(at, 'nests too deep') : oneOf(kindsWithin(depth - 1))(given, at)
}

function kindsWithin(depth: number): { readonly [K in Expression['kind']]: Check } {
  const inner = expressionWithin(depth)
  const all = record({ kind, of: list(inner) })
  const compared = record({ kind, left: operand, right: operand })
  const listed = record({ kind, left: operand, values: list(value) })
  const worded = record({ kind, left: operand, text: words })
  const alone = record({ kind, left: operand })
  const member = record({ kind, left: operand, element: value })
  const related = record({ kind, path, where: inner })
  return {
    and: all,
    or: all,
    eq: compared,
    ne: compared,
    lt: compared,
    lte: compared,
    gt: compared,
    gte: compared,
    in: listed,
    notIn: listed,
    contains: worded,
    notContains: worded,
    startsWith: worded,
    notStartsWith: worded,
    isNull: alone,
    isNotNull: alone,
    has: member,
    hasNot: member,
    some: related,
    none: related,
  }
}

const shape = record({ entity: text(256), where: expressionWithin(NESTED) })

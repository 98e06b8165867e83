import type { Catalog, EntityView } from '../ir/catalog.ts'
import { placesOf } from '../ir/computation.ts'
import { searchedFields } from '../ir/fulltext.ts'
import type { TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { Comparison, Expression, Operand } from './expression.ts'
import { isLost, type LostPath, manyRouteOf, type Route, routeOf, targetOf } from './path.ts'
import { type Query, textOfState } from './query.ts'
import { familyOf, isOrdered, parseValue } from './scalar.ts'
import { isRank, SEARCH_LIMIT } from './search.ts'

/** Expressions nest at most this deep, and hold at most so many nodes: conditions and steps through relations. */
const DEPTH_LIMIT = 50
const NODE_LIMIT = 1_000
/** A path has at most so many names, an order so many fields: each step is a join. */
const PATH_LIMIT = 10
const ORDER_LIMIT = 32
/** An `in` holds at most so many values, and a query has at most so many parents. */
export const LIST_LIMIT = 10_000

/**
 * Everything that keeps an expression from being evaluated or compiled, each at its place in the expression:
 * `UNKNOWN_FIELD` (a path that leads nowhere), `BAD_OPERAND` (an operator that the field's type does not have),
 * `BAD_VALUE`, `NULL_COMPARISON`, `TOO_DEEP`, `TOO_LARGE`. Empty: it is safe. O(nodes), and stops at the limits.
 * @internal
 */
export function checkExpression(
  catalog: Catalog,
  entity: string,
  expression: Expression,
  path: readonly string[] = [],
): readonly Problem[] {
  const check: Check = { catalog, problems: [], nodes: 0 }
  visit(check, entity, expression, path, 1)
  return check.problems
}

/**
 * As `checkExpression`, for what a feed can follow: `TEXT_FILTER` where a text is asked, because what texts say is
 * computed beside the log. O(nodes).
 */
export function checkShape(catalog: Catalog, entity: string, expression: Expression): readonly Problem[] {
  const problems = checkExpression(catalog, entity, expression)
  if (problems.length) return problems
  if (asks(catalog, entity, expression, route => route.says !== undefined))
    return [problem('COMPUTED_FILTER', [], 'A feed cannot follow a computed field; filter on stored ones')]
  if (!asks(catalog, entity, expression, route => route.crdt === 'text')) return problems
  return [problem('TEXT_FILTER', [], 'A feed cannot follow what a text says; filter on other fields')]
}

function asks(
  catalog: Catalog,
  entity: string,
  expression: Expression,
  holds: (route: Route) => boolean,
): boolean {
  if (expression.kind === 'and' || expression.kind === 'or') {
    return expression.of.some(part => asks(catalog, entity, part, holds))
  }
  if (expression.kind === 'some' || expression.kind === 'none') {
    const route = manyRouteOf(catalog, entity, expression.path)
    return !isLost(route) && asks(catalog, route.to, expression.where, holds)
  }
  return pathsOf(expression).some(path => {
    const route = routeOf(catalog, entity, path)
    return !isLost(route) && holds(route)
  })
}

/** The same for all parts of a query. `BAD_CURSOR` if `after` or `before` does not fit the order, `BAD_LIMIT`, `BAD_RELATION`. */
export function checkQuery(catalog: Catalog, query: Query): readonly Problem[] {
  if (!catalog.entities.some(({ name }) => name === query.entity)) {
    return [problem('UNKNOWN_ENTITY', ['entity'], `The schema has no entity ${query.entity}`)]
  }
  return [
    ...checkFields(catalog, query),
    ...(query.where ? checkExpression(catalog, query.entity, query.where, ['where']) : []),
    ...checkSearch(catalog, query),
    ...checkOrder(catalog, query),
    ...checkLimit(query),
    ...checkUnder(catalog, query),
  ]
}

interface Check {
  readonly catalog: Catalog
  readonly problems: Problem[]
  nodes: number
}

function visit(
  check: Check,
  entity: string,
  expression: Expression,
  path: readonly string[],
  depth: number,
): void {
  const { catalog, problems } = check
  // Said once: whoever sends too much gets no list of a thousand problems.
  if (check.nodes > NODE_LIMIT) return
  const paths = pathsOf(expression)
  check.nodes += paths.reduce((steps, names) => steps + Math.max(0, names.length - 1), 1)
  if (check.nodes > NODE_LIMIT) {
    problems.push(tooLarge(path, `The filter has more than ${NODE_LIMIT} conditions`))
    return
  }
  if (paths.some(names => names.length > PATH_LIMIT)) {
    problems.push(longPath(path))
    return
  }
  if (depth > DEPTH_LIMIT) {
    problems.push(problem('TOO_DEEP', path, `The filter nests deeper than ${DEPTH_LIMIT} levels; flatten it`))
    return
  }
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const [i, part] of expression.of.entries())
        visit(check, entity, part, [...path, 'of', String(i)], depth + 1)
      return
    case 'some':
    case 'none': {
      const route = manyRouteOf(catalog, entity, expression.path)
      if (isLost(route)) problems.push(lost(route, [...path, 'path']))
      else visit(check, route.to, expression.where, [...path, 'where'], depth + 1)
      return
    }
    default:
      problems.push(...checkOperator(catalog, entity, expression, path))
  }
}

function pathsOf(expression: Expression): readonly (readonly string[])[] {
  if ('path' in expression) return [expression.path]
  if (!('left' in expression)) return []
  const operands = 'right' in expression ? [expression.left, expression.right] : [expression.left]
  return operands.flatMap(operand => (operand.kind === 'path' ? [operand.path] : []))
}

type Operator = Exclude<Expression, { kind: 'and' | 'or' | 'some' | 'none' }>

function checkOperator(
  catalog: Catalog,
  entity: string,
  expression: Operator,
  path: readonly string[],
): readonly Problem[] {
  if ('right' in expression) return checkComparison(catalog, entity, expression, path)
  const left = [...path, 'left']
  const route = fieldOf(catalog, entity, expression.left, left)
  if ('code' in route) return [route]
  switch (expression.kind) {
    case 'isNull':
    case 'isNotNull':
      return []
    case 'has':
    case 'hasNot':
      if (route.crdt !== 'set') return [misused(left, route, `${expression.kind} asks for a set`)]
      return checkValue(route.type, expression.element, [...path, 'element'])
    case 'in':
    case 'notIn':
      if (route.crdt === 'set') return [misused(left, route, SETS)]
      if (familyOf(route.type) === 'json') return [misused(left, route, JSONS)]
      if (expression.values.length > LIST_LIMIT) {
        return [tooLarge([...path, 'values'], `A list holds ${LIST_LIMIT} values at most`)]
      }
      return expression.values.flatMap((value, i) =>
        checkValue(route.type, value, [...path, 'values', String(i)]),
      )
    default:
      if (route.crdt === 'set') return [misused(left, route, SETS)]
      if (familyOf(route.type) !== 'text') return [misused(left, route, `${expression.kind} asks for text`)]
      return checkValue(TEXT, expression.text, [...path, 'text'])
  }
}

const TEXT: TypeIR = { kind: 'scalar', scalar: 'string' }
const SETS = 'sets are asked with has and hasNot'
const JSONS = 'of json only isNull can be asked'
const UNORDERED = 'bytes are equal or not, and have no order'

function checkComparison(
  catalog: Catalog,
  entity: string,
  { kind, left, right }: { readonly kind: Comparison; readonly left: Operand; readonly right: Operand },
  path: readonly string[],
): readonly Problem[] {
  const sides = (
    [
      ['left', left],
      ['right', right],
    ] as const
  ).map(([side, operand]) => ({
    at: [...path, side],
    operand,
    route: operand.kind === 'path' ? fieldOf(catalog, entity, operand, [...path, side]) : null,
  }))
  const routes: Route[] = []
  const problems: Problem[] = []
  for (const { route, at } of sides) {
    if (!route) continue
    if ('code' in route) problems.push(route)
    else if (route.crdt === 'set') problems.push(misused(at, route, SETS))
    else if (familyOf(route.type) === 'json') problems.push(misused(at, route, JSONS))
    else if (kind !== 'eq' && kind !== 'ne' && !isOrdered(route.type)) {
      problems.push(misused(at, route, UNORDERED))
    } else routes.push(route)
  }
  if (problems.length) return problems
  const [first, second] = routes
  if (!first) return [problem('BAD_OPERAND', path, 'A comparison needs a field on one side at least')]
  if (second && familyOf(first.type) !== familyOf(second.type)) {
    return [misused(path, second, `its type does not compare with that of ${first.entity}.${first.field}`)]
  }
  return sides.flatMap(({ operand, at }) =>
    operand.kind === 'value' ? checkValue(first.type, operand.value, at) : [],
  )
}

function fieldOf(
  catalog: Catalog,
  entity: string,
  operand: Operand,
  path: readonly string[],
): Route | Problem {
  if (operand.kind === 'value') return problem('BAD_OPERAND', path, 'Only a field can stand here')
  const route = routeOf(catalog, entity, operand.path)
  return isLost(route) ? lost(route, [...path, 'path']) : route
}

/** In the one form of the type: text comparison would miss any other. */
function checkValue(type: TypeIR, value: Json, path: readonly string[]): readonly Problem[] {
  if (value === null) {
    return [problem('NULL_COMPARISON', path, 'Nothing equals null; use isNull to ask for a missing value')]
  }
  const parsed = parseValue(type, value)
  if (!parsed.ok) return [problem('BAD_VALUE', path, parsed.message)]
  if (parsed.value === value) return []
  return [
    problem('BAD_VALUE', path, `${JSON.stringify(value)} must be written as ${JSON.stringify(parsed.value)}`),
  ]
}

function checkFields(catalog: Catalog, { entity, fields }: Query): readonly Problem[] {
  const view = catalog.entity(entity)
  return fields
    .filter(
      name => name !== 'id' && !view.fields.has(name) && !view.computed.has(name) && !isState(view, name),
    )
    .map(name => problem('UNKNOWN_FIELD', ['fields', name], `${entity} has no field ${name}`))
}

function isState(view: EntityView, name: string): boolean {
  const text = textOfState(name)
  return text !== null && view.fields.get(text)?.crdt === 'text'
}

function checkSearch(catalog: Catalog, { entity, search }: Query): readonly Problem[] {
  if (search === undefined) return []
  if (!searchedFields(catalog.entity(entity).ir).length) {
    return [problem('NO_SEARCH', ['search'], `${entity} has no fulltext index to search`)]
  }
  if (search.length > SEARCH_LIMIT) {
    return [problem('TOO_LARGE', ['search'], `A search has ${SEARCH_LIMIT} characters at most`)]
  }
  const parsed = parseValue(TEXT, search)
  return parsed.ok ? [] : [problem('BAD_VALUE', ['search'], parsed.message)]
}

/** How well a row matches, as a field. */
const RANKED: Route = {
  steps: [],
  entity: '',
  field: '$rank',
  type: { kind: 'scalar', scalar: 'float' },
  crdt: 'register',
}

function checkOrder(catalog: Catalog, { entity, order, search, after, before }: Query): readonly Problem[] {
  const problems: Problem[] = []
  if (order.at(-1)?.path.join('.') !== 'id') {
    problems.push(problem('BAD_ORDER', ['order'], 'An order ends in id; make it with totalOrder'))
  }
  if (order.length > ORDER_LIMIT) return [tooLarge(['order'], `An order has ${ORDER_LIMIT} fields at most`)]
  const cursors = Object.entries({ after, before }).flatMap(([name, key]) => (key ? [{ name, key }] : []))
  for (const { name, key } of cursors) if (key.length !== order.length) problems.push(foreign(name))
  for (const [i, { path }] of order.entries()) {
    const at = ['order', String(i)]
    if (path.length > PATH_LIMIT) {
      problems.push(longPath(at))
      continue
    }
    const route = search !== undefined && isRank({ path }) ? RANKED : routeOf(catalog, entity, path)
    if (isLost(route)) problems.push(lost(route, [...at, 'path']))
    else if (route.crdt === 'set') problems.push(misused(at, route, 'sets have no order'))
    else if (route.crdt === 'text') problems.push(misused(at, route, 'texts have no order'))
    else if (!isOrdered(route.type)) problems.push(misused(at, route, 'bytes and json have no order'))
    else {
      for (const { name, key } of cursors) {
        if (key.length === order.length && !fits(route, key[i] ?? null)) problems.push(foreign(name))
      }
    }
  }
  return problems
}

/** A counter or a computed number may have grown beyond what may be written as a filter. */
function fits({ type, crdt, says }: Route, value: Json): boolean {
  if (value === null) return true
  if (says && typeof value === 'string' && typeof placesOf(type) === 'number')
    return /^-?\d+(\.\d+)?$/.test(value)
  if (crdt === 'counter') return typeof value === 'string' && /^(0|-?[1-9][0-9]*)$/.test(value)
  const parsed = parseValue(type, value)
  return parsed.ok && parsed.value === value
}

function foreign(cursor: string): Problem {
  return problem(
    'BAD_CURSOR',
    [cursor],
    'This page cursor does not fit the order of the list; start again without it',
  )
}

function checkLimit({ limit }: Query): readonly Problem[] {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return []
  return [problem('BAD_LIMIT', ['limit'], `A limit is an integer from 0 up, not ${limit}`)]
}

function checkUnder(catalog: Catalog, { entity, under }: Query): readonly Problem[] {
  if (!under) return []
  const parent = catalog.entities.find(({ name }) => name === under.entity)
  const relation = parent?.inverses.get(under.relation)
  const name = `${under.entity}.${under.relation}`
  if (!relation) return [problem('BAD_RELATION', ['under'], `The schema has no relation ${name}`)]
  if (targetOf(catalog, relation) !== entity) {
    return [
      problem('BAD_RELATION', ['under'], `${name} leads to ${targetOf(catalog, relation)}, not to ${entity}`),
    ]
  }
  if (under.ids.length > LIST_LIMIT)
    return [tooLarge(['under', 'ids'], `At most ${LIST_LIMIT} parents at once`)]
  return []
}

function lost({ message, at }: LostPath, path: readonly string[]): Problem {
  return problem('UNKNOWN_FIELD', [...path, String(at)], message)
}

function misused(path: readonly string[], { entity, field }: Route, why: string): Problem {
  return problem('BAD_OPERAND', path, `${entity}.${field} cannot be used like this: ${why}`)
}

function longPath(path: readonly string[]): Problem {
  return problem('TOO_DEEP', path, `A path goes through ${PATH_LIMIT - 1} relations at most`)
}

function tooLarge(path: readonly string[], message: string): Problem {
  return problem('TOO_LARGE', path, `${message}; split the query`)
}

import type { Json } from '@zg/core/json'
import type { Comparison, TextTest } from '@zg/core/query/expression'
import type { Entities } from './entity.ts'
import {
  always,
  type Condition,
  type Formula,
  joint,
  type Measure,
  type Scope,
  type Term,
} from './formula.ts'
import type { FieldSpec } from './spec.ts'

/*
 * Predicates are closures over rows that are not there: every member access and operator leaves its trace, and the
 * trace is the formula. What cannot be traced throws, and `define()` makes a problem of it.
 */

const TRACE = Symbol('trace')

/** The condition that a closure over a row of `entity` describes. Throws where the closure does. */
export function traceCondition(entities: Entities, entity: string, closure: unknown): Formula {
  const answer = called(entities, entity, closure)
  if (typeof answer === 'boolean') return always(answer).yes
  return conditionOf(answer, 'the function must return a predicate or a boolean').yes
}

/** The value that a closure over a row of `entity` describes. */
export function traceTerm(entities: Entities, entity: string, closure: unknown): Term {
  return measureOf(
    called(entities, entity, closure),
    'the function must return a field or a value made of fields',
  ).term
}

function called(entities: Entities, entity: string, closure: unknown): unknown {
  if (typeof closure !== 'function') throw new TypeError('a function is expected here')
  return closure(row(entities, entity, [], {}), asker())
}

// ---- rows

/** A row of `entity` at the end of a path of to-one relations; `more` are operators on the relation itself. */
function row(
  entities: Entities,
  entity: string,
  path: readonly string[],
  scope: object,
  more: object = {},
): object {
  const declared = entities[entity]
  if (!declared) throw new TypeError(`the model has no entity ${entity}`)
  return new Proxy(more, {
    get(operators, key, receiver) {
      if (typeof key === 'symbol' || Object.hasOwn(operators, key))
        return Reflect.get(operators, key, receiver)
      const field = Object.hasOwn(declared.fields, key) ? declared.fields[key] : undefined
      if (!field) {
        throw new TypeError(
          `${entity} has no field ${key}; it has ${Object.keys(declared.fields).join(', ')}`,
        )
      }
      return member(entities, field.spec, [...path, key], scope)
    },
  })
}

function member(entities: Entities, field: FieldSpec, path: readonly string[], scope: object): object {
  const { kind } = field
  const measure: Measure = { scope, term: { kind: 'path', path } }
  switch (kind.kind) {
    case 'one':
      return row(entities, kind.to, path, scope, { ...operand(measure), ...judged(path, scope) })
    case 'single':
      return row(entities, kind.from, path, scope, { ...operand(measure), ...judged(path, scope) })
    case 'oneOf':
      return judged(path, scope)
    case 'many':
    case 'inverse':
      return several(entities, kind.from, path, scope)
    case 'manyToMany':
      return several(entities, kind.to, path, scope)
    case 'set':
      return { has: (element: unknown) => has(measure, element) }
    default:
      return operand(measure)
  }
}

function several(entities: Entities, entity: string, path: readonly string[], scope: Scope): object {
  const inner = (where: unknown): Condition => {
    const own = {}
    if (typeof where !== 'function') throw new TypeError('a function is expected here')
    const condition = conditionOf(
      where(row(entities, entity, [], own)),
      'the function must return a predicate',
    )
    return { ...condition, scope: joint(condition.scope, own) }
  }
  const quantified = (kind: 'some' | 'none', where: Formula): Formula => ({ kind, path, where })
  return {
    some: (where: unknown) => {
      const { yes } = inner(where)
      return predicate({ scope, yes: quantified('some', yes), no: quantified('none', yes) })
    },
    none: (where: unknown) => {
      const { yes } = inner(where)
      return predicate({ scope, yes: quantified('none', yes), no: quantified('some', yes) })
    },
    every: (where: unknown) => {
      const { no } = inner(where)
      return predicate({ scope, yes: quantified('none', no), no: quantified('some', no) })
    },
    count: () => operand({ scope, term: { kind: 'count', path } }),
    sum: (of: (related: object) => unknown) => {
      const own = {}
      const measure = measureOf(of(row(entities, entity, [], own)), 'sum needs a number of the related row')
      joint(measure.scope, own)
      return operand({ scope, term: { kind: 'sum', path, of: measure.term } })
    },
  }
}

function judged(path: readonly string[], scope: Scope): object {
  const judge = (kind: 'can' | 'cannot', operation: string): Formula => ({ kind, path, operation })
  return {
    can: (operation: string) =>
      predicate({ scope, yes: judge('can', operation), no: judge('cannot', operation) }),
  }
}

// ---- who asks

function asker(): object {
  const claims = new Proxy(
    {},
    {
      get: (_, claim) =>
        typeof claim === 'symbol' ? undefined : operand({ scope: null, term: { kind: 'claim', claim } }),
    },
  )
  const has = (kind: 'role' | 'notRole', role: string): Formula => ({ kind, role })
  return {
    id: operand({ scope: null, term: { kind: 'asker' } }),
    claims,
    role: (role: string) => predicate({ scope: null, yes: has('role', role), no: has('notRole', role) }),
  }
}

// ---- operators

const OPPOSITE: { readonly [C in Comparison]: Comparison } = {
  eq: 'ne',
  ne: 'eq',
  lt: 'gte',
  gte: 'lt',
  gt: 'lte',
  lte: 'gt',
}

function operand(measure: Measure): object {
  const left = measure.term
  const { scope } = measure
  const comparison = (kind: Comparison) => (value: unknown) => {
    const right = given(value)
    return predicate({
      scope: joint(scope, right.scope),
      yes: { kind, left, right: right.term },
      no: { kind: OPPOSITE[kind], left, right: right.term },
    })
  }
  const text = (kind: TextTest, opposite: TextTest) => (part: string) =>
    predicate({ scope, yes: { kind, left, text: part }, no: { kind: opposite, left, text: part } })
  const listed = (kind: 'in' | 'notIn', opposite: 'in' | 'notIn') => (list: readonly unknown[]) => {
    const values = list.map(literal)
    return predicate({ scope, yes: { kind, left, values }, no: { kind: opposite, left, values } })
  }
  const arithmetic = (kind: 'plus' | 'minus' | 'times') => (value: unknown) => {
    const right = given(value)
    return operand({ scope: joint(scope, right.scope), term: { kind, left, right: right.term } })
  }
  return {
    [TRACE]: measure,
    eq: comparison('eq'),
    ne: comparison('ne'),
    lt: comparison('lt'),
    lte: comparison('lte'),
    gt: comparison('gt'),
    gte: comparison('gte'),
    in: listed('in', 'notIn'),
    notIn: listed('notIn', 'in'),
    contains: text('contains', 'notContains'),
    startsWith: text('startsWith', 'notStartsWith'),
    isNull: () => predicate({ scope, yes: { kind: 'isNull', left }, no: { kind: 'isNotNull', left } }),
    plus: arithmetic('plus'),
    minus: arithmetic('minus'),
    times: arithmetic('times'),
  }
}

function has(measure: Measure, element: unknown): object {
  const sought = given(element)
  const test = (kind: 'has' | 'hasNot'): Formula => ({ kind, left: measure.term, element: sought.term })
  return predicate({ scope: joint(measure.scope, sought.scope), yes: test('has'), no: test('hasNot') })
}

function predicate(condition: Condition): object {
  const with_ = (other: unknown, yes: 'and' | 'or', no: 'and' | 'or'): object => {
    const second = conditionOf(other, `${yes}() needs a predicate`)
    return predicate({
      scope: joint(condition.scope, second.scope),
      yes: { kind: yes, of: [condition.yes, second.yes] },
      no: { kind: no, of: [condition.no, second.no] },
    })
  }
  return {
    [TRACE]: condition,
    and: (other: unknown) => with_(other, 'and', 'or'),
    or: (other: unknown) => with_(other, 'or', 'and'),
    not: () => predicate({ scope: condition.scope, yes: condition.no, no: condition.yes }),
  }
}

// ---- reading traces back

function traceOf(value: unknown): object | null {
  if (typeof value !== 'object' || value === null) return null
  const trace: unknown = Reflect.get(value, TRACE)
  return typeof trace === 'object' ? trace : null
}

function conditionOf(value: unknown, otherwise: string): Condition {
  const trace = traceOf(value)
  if (trace === null || !('yes' in trace)) throw new TypeError(otherwise)
  return trace as Condition
}

function measureOf(value: unknown, otherwise: string): Measure {
  const trace = traceOf(value)
  if (trace === null || !('term' in trace)) throw new TypeError(otherwise)
  return trace as Measure
}

/** An argument of an operator: something traced, or a literal. */
function given(value: unknown): Measure {
  if (traceOf(value) !== null) return measureOf(value, 'a value is expected here, not a predicate')
  return { scope: null, term: { kind: 'value', value: literal(value) } }
}

function literal(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new TypeError(
    `${value === null ? 'null is asked for with isNull(), it' : String(value)} is not a value to compare with`,
  )
}

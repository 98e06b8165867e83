import type { Json } from '@zg/core/json'
import type { Comparison, Expression, Operand, TextTest } from '@zg/core/query/expression'
import { type SQL, sql } from 'drizzle-orm'
import { termAt } from './computed.ts'
import { type Compiler, constant, constants, from, type Place, type Term, toMany, toOne } from './term.ts'

/**
 * An expression as a condition of SQL about the row at `at`. The expression has no `not`, so SQL's unknown and
 * false are one: neither `and`, `or`, `exists` nor `where` tells them apart. What must be watched is that nothing
 * but `isNull` is *true* for a null or behind a missing target.
 */
export function condition(compiler: Compiler, at: Place, expression: Expression): SQL {
  switch (expression.kind) {
    case 'and':
      return all(
        expression.of.map(one => condition(compiler, at, one)),
        'and',
      )
    case 'or':
      return all(
        expression.of.map(one => condition(compiler, at, one)),
        'or',
      )
    case 'some':
    case 'none':
      return quantified(compiler, at, expression.kind, expression.path, expression.where)
    case 'isNull':
    case 'isNotNull':
      return nullTest(compiler, at, expression.kind, expression.left)
    case 'in':
    case 'notIn':
      return membership(compiler, at, expression.kind, expression.left, expression.values)
    case 'has':
    case 'hasNot':
      return onPath(compiler, at, expression.left, term => element(term, expression.kind, expression.element))
    case 'contains':
    case 'notContains':
    case 'startsWith':
    case 'notStartsWith':
      return onPath(compiler, at, expression.left, term =>
        textTest(term.sql, expression.kind, expression.text),
      )
    default:
      return comparison(compiler, at, expression.kind, expression.left, expression.right)
  }
}

export const TRUE = sql`true`
export const FALSE = sql`false`

/** `and` and `or` of conditions; none of them: true and false. */
export function all(conditions: readonly SQL[], how: 'and' | 'or'): SQL {
  if (!conditions.length) return how === 'and' ? TRUE : FALSE
  return sql`(${sql.join([...conditions], sql.raw(` ${how} `))})`
}

/**
 * `use` said of the field at the end of a path. Steps become `exists`, which is false where a target is missing
 * and which Postgres turns into joins.
 */
function onPath(compiler: Compiler, at: Place, operand: Operand, use: (term: Term) => SQL): SQL {
  if (operand.kind === 'value') throw new Error('This operator needs a field on its left')
  const [step, ...rest] = operand.path
  if (step === undefined) throw new Error('An empty path leads nowhere')
  if (!rest.length) return use(termAt(compiler, at, step))
  return through(compiler, at, step, place => onPath(compiler, place, { kind: 'path', path: rest }, use))
}

function through(compiler: Compiler, at: Place, step: string, use: (place: Place) => SQL): SQL {
  const { place, link } = toOne(compiler, at, step)
  return sql`exists (select 1 from ${from(place)} where ${link} and ${use(place)})`
}

export const OPERATORS: { readonly [kind in Comparison]: SQL } = {
  eq: sql`=`,
  ne: sql`<>`,
  lt: sql`<`,
  lte: sql`<=`,
  gt: sql`>`,
  gte: sql`>=`,
}

const MIRRORED: { readonly [kind in Comparison]: Comparison } = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  lte: 'gte',
  gt: 'lt',
  gte: 'lte',
}

function comparison(compiler: Compiler, at: Place, kind: Comparison, left: Operand, right: Operand): SQL {
  if (left.kind === 'value') {
    if (right.kind === 'value') throw new Error('Two constants are compared before they get here')
    return comparison(compiler, at, MIRRORED[kind], right, left)
  }
  if (right.kind === 'value') {
    if (right.value === null) return FALSE
    return onPath(
      compiler,
      at,
      left,
      term => sql`${term.sql} ${OPERATORS[kind]} ${constant(term.field, right.value)}`,
    )
  }
  return onPath(compiler, at, left, one =>
    onPath(compiler, at, right, other => sql`${one.sql} ${OPERATORS[kind]} ${other.sql}`),
  )
}

/** `<> all` of nothing would be true even for a null. */
function membership(
  compiler: Compiler,
  at: Place,
  kind: 'in' | 'notIn',
  left: Operand,
  values: readonly Json[],
): SQL {
  const none = values.every(value => value === null)
  if (kind === 'in' && none) return FALSE
  return onPath(compiler, at, left, ({ sql: term, field }) => {
    if (none) return sql`${term} is not null`
    const list = constants(field, values)
    return kind === 'in' ? sql`${term} = any(${list})` : sql`${term} <> all(${list})`
  })
}

export function textTest(term: SQL, kind: TextTest, text: string): SQL {
  switch (kind) {
    case 'contains':
      return sql`strpos(${term}, ${text}::text) > 0`
    case 'notContains':
      return sql`strpos(${term}, ${text}::text) = 0`
    case 'startsWith':
      return sql`starts_with(${term}, ${text}::text)`
    case 'notStartsWith':
      return sql`not starts_with(${term}, ${text}::text)`
  }
}

function element({ sql: term, field }: Term, kind: 'has' | 'hasNot', value: Json): SQL {
  if (value === null) return kind === 'has' ? FALSE : sql`${term} is not null`
  const one = constant(field, value)
  return kind === 'has' ? sql`${one} = any(${term})` : sql`${one} <> all(${term})`
}

/** A field behind a missing target is null. */
function nullTest(compiler: Compiler, at: Place, kind: 'isNull' | 'isNotNull', left: Operand): SQL {
  if (left.kind === 'value') return (left.value === null) === (kind === 'isNull') ? TRUE : FALSE
  if (left.path.length === 1) {
    return onPath(
      compiler,
      at,
      left,
      ({ sql: term }) => sql`${term} is ${kind === 'isNull' ? sql`null` : sql`not null`}`,
    )
  }
  const there = onPath(compiler, at, left, ({ sql: term }) => sql`${term} is not null`)
  return kind === 'isNull' ? sql`not ${there}` : there
}

/** `none` needs the rows before its last step to be there, as every operator does. */
function quantified(
  compiler: Compiler,
  at: Place,
  kind: 'some' | 'none',
  path: readonly string[],
  where: Expression,
): SQL {
  const [step, ...rest] = path
  if (step === undefined) throw new Error('An empty path leads nowhere')
  if (rest.length) return through(compiler, at, step, place => quantified(compiler, place, kind, rest, where))
  const { place, source, link } = toMany(compiler, at, step)
  const some = sql`exists (select 1 from ${source} where ${link} and ${condition(compiler, place, where)})`
  return kind === 'some' ? some : sql`not ${some}`
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expressions, orders } from './expression.suite.ts'
import type { Expression } from './expression.ts'
import { films } from './films.suite.ts'
import { found, routeOf } from './path.ts'
import { familyOf } from './scalar.ts'

/** What a property over random expressions says nothing about, it does not hold. */
test('random expressions ask for everything that can be asked', () => {
  const kinds = new Set<string>()
  const asked = new Set<string>()
  const over = new Set<string>()
  const note = (entity: string, path: readonly string[]): void => {
    const { type, crdt, says, steps } = found(routeOf(films, entity, path))
    const nature = says ? 'computed' : type.kind === 'ref' || type.kind === 'refs' ? type.kind : crdt
    asked.add(`${nature} ${familyOf(type)}${steps.length ? ' there' : ''}`)
    for (const step of path) if (step.includes('#')) asked.add('polymorphic')
  }
  const visit = (entity: string, expression: Expression): void => {
    kinds.add(expression.kind)
    if (expression.kind === 'and' || expression.kind === 'or')
      for (const part of expression.of) visit(entity, part)
    else if (expression.kind === 'some' || expression.kind === 'none') over.add(expression.path.join('.'))
    else
      for (const side of ['left', 'right'] as const) {
        const operand = (expression as { readonly [side: string]: unknown })[side]
        if (isPath(operand)) note(entity, operand.path)
      }
  }
  for (const entity of ['Film', 'Review', 'Person']) {
    for (const one of fc.sample(expressions(entity), { numRuns: 1_500, seed: 1 })) visit(entity, one)
    for (const order of fc.sample(orders(entity), { numRuns: 300, seed: 1 }))
      for (const { path } of order) note(entity, path)
  }
  const compared = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn', 'isNull', 'isNotNull']
  const texts = ['contains', 'notContains', 'startsWith', 'notStartsWith', 'has', 'hasNot']
  for (const kind of ['and', 'or', 'some', 'none', ...compared, ...texts]) expect(kinds).toContain(kind)
  const families = ['text', 'number', 'decimal', 'boolean', 'date', 'datetime', 'bytes', 'json']
  const own = [...families.map(family => `register ${family}`), 'counter integer', 'set text', 'ref text']
  const computed = ['number', 'integer', 'decimal', 'text', 'date'].map(family => `computed ${family}`)
  const wanted = [...own, ...computed, 'refs text', 'polymorphic', 'register text there', 'set text there']
  for (const one of wanted) expect(asked).toContain(one)
  for (const relation of ['reviews', 'tags', 'mentions', 'director.directed', 'about#Film.reviews'])
    expect(over).toContain(relation)
})

function isPath(operand: unknown): operand is { readonly path: readonly string[] } {
  return typeof operand === 'object' && operand !== null && 'path' in operand
}

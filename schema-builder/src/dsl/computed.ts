import { type Known, typeOfComputation } from '@zg/core/ir/computation'
import type { Computation, ComputedIR, ModelIR } from '@zg/core/ir/ir'
import { type Problem, problem } from '@zg/core/problem'
import type { Tracing } from './behave.ts'
import type { Entities } from './entity.ts'
import type { Term } from './formula.ts'

/**
 * The model with its computed fields, made from what `define()` says of them. A field without a formula, or with one
 * that asks for more than rows, is a problem and left out; whether the formula has a type, the checker of the IR says.
 */
export function withComputed(
  ir: ModelIR,
  entities: Entities,
  { formulas, problems: known }: Pick<Tracing, 'formulas' | 'problems'>,
): { readonly ir: ModelIR; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const said = new Map(formulas.map(({ path, says }) => [path.join('.'), says]))
  const wrong = new Set(known.map(({ path }) => path.join('.')))
  const computedOf = (entity: string): readonly ComputedIR[] =>
    Object.entries(entities[entity]?.fields ?? {}).flatMap(([name, { spec }]) => {
      if (spec.kind.kind !== 'computed') return []
      const at = [entity, 'computed', name]
      const term = said.get(at.join('.'))
      const says = term ? computation(term as Term) : null
      if (says) return [{ name, ...UNKNOWN, says, graphql: named(spec.graphql.name) }]
      const remedy = `say what it is: define({ ${entity}: { computed: { ${name}: row => ... } } })`
      const message = term
        ? 'A computed field cannot depend on who asks'
        : `Nothing computes ${name}; ${remedy}`
      if (!wrong.has(at.join('.'))) problems.push(problem('BAD_COMPUTED', [entity, name], message))
      return []
    })
  const listed = ir.entities.map(entity => {
    const computed = computedOf(entity.name)
    return computed.length ? { ...entity, computed } : entity
  })
  const model: Known = {
    entities: new Map(listed.map(entity => [entity.name, entity])),
    relations: new Map(ir.relations.map(relation => [relation.name, relation])),
  }
  const typed = listed.map(entity => {
    if (!entity.computed) return entity
    const computed = entity.computed.map(field => {
      const made = typeOfComputation(model, entity.name, field.says, [`${entity.name}.${field.name}`])
      return 'message' in made ? field : { ...field, type: made.type, optional: made.optional }
    })
    return { ...entity, computed }
  })
  return { ir: { ...ir, entities: typed }, problems }
}

/** Until the formulas of all entities are known. */
const UNKNOWN = { type: { kind: 'scalar', scalar: 'bigint' }, optional: false } as const

function named(name: string | undefined): ComputedIR['graphql'] {
  return name === undefined ? {} : { name }
}

function computation(term: Term): Computation | null {
  switch (term.kind) {
    case 'path':
    case 'value':
    case 'count':
      return term
    case 'sum': {
      const of = computation(term.of)
      return of && { ...term, of }
    }
    case 'plus':
    case 'minus':
    case 'times': {
      const left = computation(term.left)
      const right = computation(term.right)
      return left && right && { kind: term.kind, left, right }
    }
    default:
      return null
  }
}

import { type Problem, problem } from '../problem.ts'
import type { ModelIR } from './ir.ts'
import { isReference, referredEntities } from './refer.ts'

/**
 * Entities of which no row can ever be created, because required relations lead round in a circle: a row must refer
 * to one that is there already. Least fixed point of "can be created"; O(entities * fields) rounds at worst.
 */
export function unborn(model: ModelIR): readonly Problem[] {
  const names = new Set(model.entities.map(entity => entity.name))
  const needs = new Map(
    model.entities.map(entity => [
      entity.name,
      // Unknown targets are reported elsewhere and hold nobody up here.
      entity.fields.flatMap(({ name, type, optional }) =>
        isReference(type) && !optional && referredEntities(type).every(to => names.has(to))
          ? [{ field: name, to: referredEntities(type) }]
          : [],
      ),
    ]),
  )
  for (let before = -1; before !== needs.size; ) {
    before = needs.size
    for (const [name, own] of needs)
      if (own.every(({ to }) => to.some(one => !needs.has(one)))) needs.delete(name)
  }
  return [...needs].flatMap(([name, own]) => {
    const { field, to } = own.find(need => need.to.every(one => needs.has(one))) ?? { field: '', to: [] }
    // Only members of a circle can mend it; those that merely refer into one are as innocent as they look.
    if (!reaches(needs, to, name)) return []
    const others = to.join(' or ')
    const message = `No row of ${name} can ever be created: it needs one of ${others}, and that needs one of ${name} first; make one of the relations .optional()`
    return [problem('NO_FIRST_ROW', [name, field], message)]
  })
}

function reaches(
  needs: ReadonlyMap<string, readonly { readonly to: readonly string[] }[]>,
  from: readonly string[],
  target: string,
): boolean {
  const seen = new Set<string>()
  const open = [...from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === target) return true
    if (seen.has(at)) continue
    seen.add(at)
    for (const { to } of needs.get(at) ?? []) open.push(...to)
  }
  return false
}

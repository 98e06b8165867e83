import { type Problem, problem } from '../problem.ts'
import type { Scope } from './scope.ts'

/** UTF-16 code units: with what a log puts before it, it must fit a change's `client`. */
const MUTATION_ID_LIMIT = 250

/** Tenant and principal come from whoever proved them, but every row and change is to name them. */
export function checkScope({ tenant, principal }: Scope): readonly Problem[] {
  const problems: Problem[] = []
  // A position is an object by tenant, where `__proto__` is no member.
  if (!isText(tenant, 256) || tenant === '__proto__') problems.push(unusable(['tenant'], 256))
  if (!isText(principal.id, 1024)) problems.push(unusable(['principal'], 1024))
  return problems
}

export function checkMutationId(mutationId: string): readonly Problem[] {
  return isText(mutationId, MUTATION_ID_LIMIT) ? [] : [unusable(['mutationId'], MUTATION_ID_LIMIT)]
}

function isText(value: string, max: number): boolean {
  return value.length > 0 && value.length <= max && !/[\0\p{Surrogate}]/u.test(value)
}

function unusable(path: readonly string[], max: number): Problem {
  const message = `${path.at(-1)} must be text of 1 to ${max} characters, without U+0000 and half surrogate pairs`
  return problem('BAD_VALUE', path, message)
}

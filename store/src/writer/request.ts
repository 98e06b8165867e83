import { bodyHash } from '@zg/core/act/body'
import { checkActs } from '@zg/core/act/check'
import type { Checks } from '@zg/core/act/checks'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Scope } from '@zg/core/ports/scope'
import type { VerdictKey } from '@zg/core/ports/storage'
import type { Mutation } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import type { Pending } from './queue.ts'

/** Of a mutation id, in UTF-16 code units: with its mark it must fit a change's `client`. */
const ID_LIMIT = 250

/** What the client is called of whom only a mutation id is known. */
export const BY_MUTATION_ID = 'id:'

/** A mutation, and what can be said of it without looking at data. */
export interface Request {
  readonly mutation: Mutation
  /** Why it is refused whatever the data says. Such a one must cause no load: its texts may be unfit for a statement. */
  readonly unfit: readonly Problem[]
  /** Not even a mutation: looking at it threw. */
  readonly broken: { readonly error: unknown } | null
  /** `Outcome.ids`; none of a mutation that is unfit. */
  readonly ids: readonly string[]
  /** Under what its verdict is kept; null: answered, not stored. */
  readonly retry: { readonly key: VerdictKey; readonly text: string; readonly body: string } | null
}

/** Never throws: what one caller hands in must not cost the others of its batch. O(acts). */
function readRequest(catalog: Catalog, mutation: Mutation, checks: Checks): Request {
  try {
    const { acts, scope, mutationId } = mutation
    const badId = mutationId === undefined ? [] : checkMutationId(mutationId)
    const unfit = [...badId, ...checkActs(catalog, acts, checks)]
    const ids = unfit.length ? [] : acts.map(act => act.id)
    if (mutationId === undefined || badId.length) return { mutation, unfit, broken: null, ids, retry: null }
    const key: VerdictKey = { by: scope.principal.id, client: BY_MUTATION_ID + mutationId, n: 0 }
    return {
      mutation,
      unfit,
      broken: null,
      ids,
      retry: { key, text: JSON.stringify(key), body: bodyHash(acts) },
    }
  } catch (error) {
    return { mutation, unfit: [], broken: { error }, ids: [], retry: null }
  }
}

/** With its texts prepared. Its body stays what was asked: replacements are made of chance. */
export function readPending(catalog: Catalog, { mutation, texts }: Pending, checks: Checks): Request {
  const asked = readRequest(catalog, mutation, checks)
  if (!texts || asked.broken) return asked
  return {
    ...asked,
    mutation: { ...mutation, acts: texts.acts },
    unfit: asked.unfit.length ? asked.unfit : texts.unfit,
  }
}

/** Tenant and principal come from whoever proved them, but every row and change is to name them. */
export function checkScope({ tenant, principal }: Scope): readonly Problem[] {
  const problems: Problem[] = []
  // A position is an object by tenant, where `__proto__` is no member.
  if (!isText(tenant, 256) || tenant === '__proto__') problems.push(unusable(['tenant'], 256))
  if (!isText(principal.id, 1024)) problems.push(unusable(['principal'], 1024))
  return problems
}

function checkMutationId(mutationId: string): readonly Problem[] {
  return isText(mutationId, ID_LIMIT) ? [] : [unusable(['mutationId'], ID_LIMIT)]
}

function isText(value: string, max: number): boolean {
  return value.length > 0 && value.length <= max && !/[\0\p{Surrogate}]/u.test(value)
}

function unusable(path: readonly string[], max: number): Problem {
  const message = `${path.at(-1)} must be text of 1 to ${max} characters, without U+0000 and half surrogate pairs`
  return problem('BAD_VALUE', path, message)
}

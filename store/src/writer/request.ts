import type { Base } from '@zg/core/change/change'
import type { Scope } from '@zg/core/ports/scope'
import type { VerdictKey } from '@zg/core/ports/storage'
import type { Work } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'

/** A mutation, and what can be said of it without looking at data. */
export interface Request {
  readonly scope: Scope
  readonly work: Work
  /** What its author held; null: the head. */
  readonly base: Base | null
  /** Why it is refused whatever the data says. Such a one must cause no load: its texts may be unfit for a statement. */
  readonly unfit: readonly Problem[]
  /** Not even a mutation: looking at it threw. */
  readonly broken: { readonly error: unknown } | null
  /** `Outcome.ids`; none of a mutation that is unfit. */
  readonly ids: readonly string[]
  /** Under what its verdict is kept; null: answered, not stored. */
  readonly retry: Retry | null
}

export interface Retry {
  readonly key: VerdictKey
  readonly text: string
  readonly body: string
  /** A replica's: it numbers its mutations, and none may be left out. */
  readonly numbered: boolean
}

export function retryOf(key: VerdictKey, body: string, numbered: boolean): Retry {
  return { key, text: JSON.stringify(key), body, numbered }
}

/** Tenant and principal come from whoever proved them, but every row and change is to name them. */
export function checkScope({ tenant, principal }: Scope): readonly Problem[] {
  const problems: Problem[] = []
  // A position is an object by tenant, where `__proto__` is no member.
  if (!isText(tenant, 256) || tenant === '__proto__') problems.push(unusable(['tenant'], 256))
  if (!isText(principal.id, 1024)) problems.push(unusable(['principal'], 1024))
  return problems
}

export function isText(value: string, max: number): boolean {
  return value.length > 0 && value.length <= max && !/[\0\p{Surrogate}]/u.test(value)
}

export function unusable(path: readonly string[], max: number): Problem {
  const message = `${path.at(-1)} must be text of 1 to ${max} characters, without U+0000 and half surrogate pairs`
  return problem('BAD_VALUE', path, message)
}

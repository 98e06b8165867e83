import { ProblemError, problem } from '@zg/core/problem'
import { sqlState } from './session.ts'

/** The database cannot be reached, or no longer answers. `cause` says more. */
export class Unavailable extends ProblemError {
  constructor(cause: unknown, remark = '') {
    super([problem('UNAVAILABLE', [], `The database does not answer.${remark} Try again in a second.`)])
    this.name = 'Unavailable'
    this.cause = cause
  }
}

/** The database has more to do than it can. */
export class Overloaded extends ProblemError {
  /** `what`: a sentence that says what took too long. `retryAfter`: ms. */
  constructor(what: string, remark = '', retryAfter = 1_000) {
    const when = retryAfter <= 1_000 ? 'a second' : `${Math.ceil(retryAfter / 1_000)} seconds`
    super([problem('OVERLOADED', [], `${what}${remark} Try again in ${when}.`)], retryAfter)
    this.name = 'Overloaded'
  }
}

/** What a writer may promise of both. */
export const NOTHING_WRITTEN = ' Nothing was written.'

/**
 * The connection was lost between COMMIT and its answer: written whole, or not at all, and nobody here can tell. A
 * retry under the same mutation id finds out.
 */
export class OutcomeUnknown extends ProblemError {
  constructor(cause: unknown) {
    const message =
      'The database was lost while it was committing. This was either written whole or not at all: ask again with the same mutationId, or look.'
    super([problem('OUTCOME_UNKNOWN', [], message)])
    this.name = 'OutcomeUnknown'
    this.cause = cause
  }
}

/** Whether an error is one statement's, and not the end of its connection: servers say FATAL before they hang up. */
export function isStatementError(error: unknown): boolean {
  const code = sqlState(error)
  if (code === undefined || code.startsWith('08') || code.startsWith('57P')) return false
  const { severity } = error as { readonly severity: unknown }
  return severity !== 'FATAL' && severity !== 'PANIC'
}

/**
 * A refusal is a value with a code, never an exception: what, where and what to do.
 * `code` is stable API (SCREAMING_SNAKE), `path` leads to the offending input or schema member.
 */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly path: readonly string[]
}

/** Makes a problem; `message` says what is wrong and what to do. */
export function problem(code: string, path: readonly string[], message: string): Problem {
  return { code, message, path }
}

/** Carries problems out of code whose caller asked for a result or nothing (starting up, commands). */
export class ProblemError extends Error {
  readonly problems: readonly Problem[]
  /** About how many ms it will take until the same is answered; null: nobody knows, or it never will be. */
  readonly retryAfter: number | null

  constructor(problems: readonly Problem[], retryAfter: number | null = null) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'ProblemError'
    this.problems = problems
    this.retryAfter = retryAfter
  }
}

const PASSING = new Set(['UNAVAILABLE', 'OVERLOADED'])

/** Whether an error is an outage: the same may well be answered a little later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && error.problems.some(({ code }) => PASSING.has(code))
}

/** One line: `CODE at a.b: message`. */
export function formatProblem({ code, path, message }: Problem): string {
  return path.length ? `${code} at ${path.join('.')}: ${message}` : `${code}: ${message}`
}

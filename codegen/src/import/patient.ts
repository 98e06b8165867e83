import type { Writer } from '@zg/core/ports/writer'
import { isPassing, ProblemError } from '@zg/core/problem'

export interface Patience {
  /** Resolves after about `ms`; may reject once the import is given up. */
  readonly sleep: (ms: number) => Promise<unknown>
  /** How often one mutation is tried at most. */
  readonly tries: number
}

/** ms, where nobody says how long it will take. */
const PAUSE = 1_000

/**
 * A writer that asks again when the store has too much to do, or is away: then nothing was written, and an import
 * can wait. After the last try the refusal is thrown.
 */
export function patient(writer: Writer, { sleep, tries }: Patience): Writer {
  return {
    commit: async mutation => {
      for (let tried = 1; ; tried++) {
        try {
          return await writer.commit(mutation)
        } catch (error) {
          if (!isPassing(error) || tried >= tries) throw error
          const after = error instanceof ProblemError ? error.retryAfter : null
          await sleep((after ?? PAUSE) * Math.min(tried, 5))
        }
      }
    },
  }
}

import { createThread } from './thread.ts'
import { add, NOTHING_YET, type Tally } from './trial.ts'

export interface Crew {
  readonly threads: number
  /** Begins no other seed after one has failed. */
  readonly bail?: boolean
  readonly onProgress?: (tally: Tally) => void
}

/** Tries a range of seeds on several threads. Rejects when the simulator itself fails. */
export async function tryRange(
  first: number,
  last: number,
  { threads, bail = false, onProgress = () => {} }: Crew,
): Promise<Tally> {
  let next = first
  let total = NOTHING_YET
  const work = async (): Promise<void> => {
    const thread = createThread()
    try {
      while (next <= last && !(bail && total.failures.length > 0)) {
        const tally = await thread.try(next++)
        total = add(total, tally)
        onProgress(total)
      }
    } finally {
      await thread.end()
    }
  }
  await Promise.all(Array.from({ length: threads }, work))
  return { ...total, failures: total.failures.toSorted((a, b) => a.seed - b.seed) }
}

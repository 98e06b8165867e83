import { type ChildProcess, fork } from 'node:child_process'
import { add, NOTHING_YET, type Tally } from './trial.ts'

/** Seeds handed to a worker at once. */
const PORTION = 100

/** Tries a range of seeds on several processes. Rejects when one of them dies. */
export async function tryRange(
  first: number,
  last: number,
  processes: number,
  onProgress: (tally: Tally) => void,
): Promise<Tally> {
  let next = first
  let total = NOTHING_YET
  const work = async (): Promise<void> => {
    const child = fork(new URL('./worker.ts', import.meta.url))
    try {
      while (next <= last) {
        const from = next
        next += PORTION
        const tally = await ask(child, { first: from, last: Math.min(last, from + PORTION - 1) })
        total = add(total, tally)
        onProgress(total)
      }
    } finally {
      child.disconnect()
    }
  }
  await Promise.all(Array.from({ length: processes }, work))
  return { ...total, failures: total.failures.toSorted((a, b) => a.seed - b.seed) }
}

function ask(child: ChildProcess, range: { readonly first: number; readonly last: number }): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`The worker for seeds ${range.first} to ${range.last} ended with ${code}`))
    child.once('exit', died)
    child.once('message', tally => {
      child.off('exit', died)
      resolve(tally as Tally)
    })
    child.send(range)
  })
}

import { pooledRandom } from './random.ts'
import type { Host } from './writer/host.ts'

/** This machine: its clock, its timers, its randomness. */
export const machine: Host & { random(bytes: number): Uint8Array } = {
  now: () => Date.now(),
  random: pooledRandom(),
  breathe: () => new Promise(resolve => setImmediate(resolve)),
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}

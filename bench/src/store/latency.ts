/** How long each call took (ms), ascending. */
export type Latencies = readonly number[]

/** One caller, who waits for each answer before he asks again. */
export async function latencies(call: () => Promise<unknown>, seconds: number): Promise<Latencies> {
  const end = performance.now() + seconds * 1_000
  const all: number[] = []
  for (let begin = performance.now(); begin < end; begin = performance.now()) {
    await call()
    all.push(performance.now() - begin)
  }
  return all.sort((a, b) => a - b)
}

/** The smallest that at least `share` of them do not exceed. */
export function percentile(all: Latencies, share: number): number {
  return all[Math.max(0, Math.ceil(all.length * share) - 1)] ?? Number.NaN
}

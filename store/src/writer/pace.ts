/** What is said to wait (ms) at least and at most; the least also as long as nothing was served. */
const LEAST = 100
const MOST = 10_000
/** Older than this (ms) half of what was counted is forgotten. */
const MEMORY = 2_000

/** How fast something is served, of late. */
export interface Pace {
  served(): void
  /** About how long (ms) it takes until so many more are served. */
  after(count: number): number
}

export function createPace(now: () => number): Pace {
  let since = now()
  let count = 0
  return {
    served: () => {
      count++
      const age = now() - since
      if (age <= MEMORY) return
      since += age / 2
      count /= 2
    },
    after: more => {
      const each = count > 0 ? (now() - since) / count : 0
      return Math.round(Math.min(MOST, Math.max(LEAST, more * each)))
    },
  }
}

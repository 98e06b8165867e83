/**
 * First come, first served: one piece of work at a time. Before each turn the event loop gets one, because
 * PGlite answers in microtasks and a loop of its queries would starve timers and sockets for ever.
 */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take<T>(work: () => Promise<T>): Promise<T> {
      const turn = last.then(async () => {
        await new Promise(setImmediate)
        return work()
      })
      // One that fails is its caller's matter, not that of the next in line.
      last = turn.then(
        () => {},
        () => {},
      )
      return turn
    },
  }
}

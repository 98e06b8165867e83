/**
 * Keeps each client's pushes in their order while one of them is not queued yet, because its texts are being opened:
 * those behind it wait until it is answered.
 */
export interface Line {
  /** Whether somebody of this client stands here. */
  holds(client: string): boolean
  /** Does the work once those before are done with. */
  enter<T>(client: string, work: () => Promise<T>): Promise<T>
}

export function createLine(): Line {
  const last = new Map<string, Promise<unknown>>()
  return {
    holds: client => last.has(client),
    enter: (client, work) => {
      const before = last.get(client)
      const done = before === undefined ? work() : before.then(work, work)
      last.set(client, done)
      const leave = () => {
        if (last.get(client) === done) last.delete(client)
      }
      done.then(leave, leave)
      return done
    },
  }
}

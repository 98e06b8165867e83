import type { Cancel, Scheduler } from './scheduler.ts'

/** One run of a process, from its start to its end. Whatever it waits for after that never comes. */
export interface Life {
  readonly over: boolean
  end(): void
  onEnd(listener: () => void): void
  /** Runs `happen` after a time, unless the process has ended by then. */
  after(ms: number, what: string, happen: () => void): Cancel
  /** Early, without error, when the signal aborts. */
  sleep(ms: number, what: string, signal?: AbortSignal): Promise<void>
  /** The process stands still for so long (garbage collection, a laptop's lid); events come late, all of them. */
  freeze(ms: number): void
}

export function createLife(scheduler: Scheduler): Life {
  const listeners: (() => void)[] = []
  let over = false
  let frozen = 0

  const after = (ms: number, what: string, happen: () => void): Cancel => {
    let cancel: Cancel = () => {}
    const due = (): void => {
      if (over) return
      if (scheduler.now() < frozen) cancel = scheduler.after(frozen - scheduler.now(), what, due)
      else happen()
    }
    cancel = scheduler.after(ms, what, due)
    return () => cancel()
  }

  return {
    get over() {
      return over
    },
    end: () => {
      if (over) return
      over = true
      for (const listener of listeners) listener()
    },
    onEnd: listener => void listeners.push(listener),
    after,
    sleep: (ms, what, signal) =>
      new Promise(resolve => {
        if (signal?.aborted) return resolve()
        const done = (): void => {
          cancel()
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const cancel = after(ms, what, done)
        signal?.addEventListener('abort', done)
      }),
    freeze: ms => {
      frozen = Math.max(frozen, scheduler.now() + ms)
    },
  }
}

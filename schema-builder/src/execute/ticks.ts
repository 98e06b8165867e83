import type { Position } from '@zg/core/ports/position'
import type { Operation } from './operation.ts'

/** How long a live query gathers changes by default, in ms. */
const COALESCE = 50

interface Waiter {
  resolve(result: IteratorResult<typeof TICK>): void
  reject(error: unknown): void
}

/** A run that failed because the store was away is repeated after this long, in ms, until one succeeds. */
const AGAIN = 1_000

/** The event of a live query: look again. */
export const TICK = Object.freeze({ kind: 'tick' })

/** The source of a live query. */
export interface Ticks extends AsyncIterableIterator<typeof TICK> {
  /** Something that the last run read has changed since. */
  readonly due: boolean
  /** How far the feed has told of changes. */
  readonly seen: Position
  /** Looks again now if it waits, whatever the feed has told. */
  hurry(): void
  /** Looks again after a while: the last run has failed for a reason that passes. */
  again(): void
}

export function isTicks(source: object): source is Ticks {
  return 'due' in source
}

/**
 * The source of a live query: a tick at once, then one per batch of commits that touch what the last run read
 * (`operation.touched`, which `subscribe` keeps up to date), gathered for a while.
 *
 * No wake-up is lost: `since` is a position from before the first run, and what comes during a run waits until that
 * run has said what it read. For one consumer. Ends with the feed, or by `return`, which lets go of everything.
 */
export function ticks(operation: Operation, since: Position): Ticks {
  const { feed, scope, host, coalesce = COALESCE } = operation.services
  const end = new AbortController()
  const touches = feed.touches(scope, since, end.signal)[Symbol.asyncIterator]()
  const pending = new Set<string>()
  let cancel: (() => void) | null = null
  let waiting: Waiter | null = null
  let failure: { readonly error: unknown } | null = null
  let started = false
  let overdue = false
  let seen = since

  const settle = (settling: (waiter: Waiter) => void): void => {
    const waiter = waiting
    waiting = null
    if (waiter) settling(waiter)
  }
  const fire = (): void => {
    cancel = null
    pending.clear()
    overdue = waiting === null
    settle(({ resolve }) => resolve({ done: false, value: TICK }))
  }
  const isDue = (): boolean => cancel !== null || [...pending].some(entity => operation.touched.has(entity))
  const consider = (): void => {
    if (!waiting || cancel || !isDue()) return
    cancel = host.setTimer(coalesce, fire)
  }
  const stop = (error?: { readonly error: unknown }): void => {
    if (end.signal.aborted) return
    failure = error ?? null
    cancel?.()
    end.abort()
    settle(({ resolve, reject }) => (error ? reject(error.error) : resolve(DONE)))
  }
  const listen = (): void => {
    touches.next().then(
      ({ done, value }) => {
        if (done) return stop()
        if (end.signal.aborted) return
        seen = value.position
        for (const entity of value.entities) pending.add(entity)
        consider()
        listen()
      },
      error => stop({ error }),
    )
  }
  listen()

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      if (failure) return Promise.reject(failure.error)
      if (end.signal.aborted) return Promise.resolve(DONE)
      if (!started || overdue) {
        started = true
        overdue = false
        return Promise.resolve({ done: false, value: TICK })
      }
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        consider()
      })
    },
    return: () => {
      stop()
      // A feed that ends badly after nobody listens any more has nobody to tell.
      touches.return?.().catch(() => {})
      return Promise.resolve(DONE)
    },
    get due() {
      return !started || overdue || isDue()
    },
    get seen() {
      return seen
    },
    hurry: () => {
      if (!waiting) return
      cancel?.()
      fire()
    },
    again: () => {
      if (!end.signal.aborted) cancel ??= host.setTimer(AGAIN, fire)
    },
  }
}

const DONE = { done: true, value: undefined } as const

import type { Feed, FeedBatch, FollowRequest, Touches } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import type { Host } from '../execute/services.ts'

/** A feed that says what a test tells it to say. */
export interface FakeFeed extends Feed {
  touch(...entities: string[]): void
  send(batch: FeedBatch): void
  /** All streams end, or fail. */
  end(error?: Error): void
  /** Streams that somebody still listens to. */
  readonly listeners: number
  readonly follows: readonly FollowRequest[]
  /** Where each live query began to listen. */
  readonly since: readonly Position[]
}

export function fakeFeed(position: () => Position): FakeFeed {
  const touched = new Set<Channel<Touches>>()
  const followed = new Set<Channel<FeedBatch>>()
  const follows: FollowRequest[] = []
  const since: Position[] = []
  return {
    follow: request => {
      follows.push(request)
      return listen(followed, request.signal)
    },
    replicate: () => {
      throw new Error('Nobody replicates through GraphQL')
    },
    touches: (_, from, signal) => {
      since.push(from)
      return listen(touched, signal)
    },
    touch: (...entities) => {
      for (const channel of touched) channel.push({ position: position(), entities: new Set(entities) })
    },
    send: batch => {
      for (const channel of followed) channel.push(batch)
    },
    end: error => {
      for (const channel of [...touched, ...followed]) channel.end(error)
    },
    get listeners() {
      return touched.size + followed.size
    },
    follows,
    since,
  }
}

interface Channel<T> extends AsyncIterableIterator<T> {
  push(value: T): void
  end(error?: Error): void
}

function listen<T>(channels: Set<Channel<T>>, signal: AbortSignal): Channel<T> {
  const queue: T[] = []
  let waiting: ((result: Promise<IteratorResult<T>>) => void) | null = null
  let ending: (() => Promise<IteratorResult<T>>) | null = null
  const flush = (): void => {
    const next = waiting
    if (!next) return
    const [value] = queue.splice(0, 1)
    if (value === undefined && !ending) return
    waiting = null
    next(value === undefined && ending ? ending() : Promise.resolve({ done: false, value: value as T }))
  }
  const channel: Channel<T> = {
    [Symbol.asyncIterator]: () => channel,
    next: () =>
      new Promise(resolve => {
        // As a generator does: nothing is heard before the first pull.
        if (!ending) channels.add(channel)
        waiting = resolve
        flush()
      }),
    push: value => {
      queue.push(value)
      flush()
    },
    end: error => {
      ending = () => (error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined }))
      channels.delete(channel)
      flush()
    },
  }
  signal.addEventListener('abort', () => channel.end())
  return channel
}

/** Timers that fire when a test says so. */
export interface FakeTimers extends Host {
  readonly pending: readonly number[]
  fire(): void
}

export function fakeTimers(): FakeTimers {
  const timers = new Map<object, { ms: number; fire: () => void }>()
  return {
    now: () => 0,
    random: bytes => new Uint8Array(bytes),
    setTimer: (ms, fire) => {
      const key = {}
      timers.set(key, { ms, fire })
      return () => timers.delete(key)
    },
    get pending() {
      return [...timers.values()].map(({ ms }) => ms)
    },
    fire: () => {
      const due = [...timers.values()]
      timers.clear()
      for (const { fire } of due) fire()
    },
  }
}

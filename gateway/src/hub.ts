import type { Position } from '@zg/core/ports/position'
import { textOf } from '@zg/schema-builder/execute/text'
import type { ExecutionResult } from 'graphql'
import type { Results } from './api.ts'
import { type Ahead, bringUp } from './latecomer.ts'
import type { Ending, Listener, Packet } from './listener.ts'

/** How a stream that several readers share is told from others, and started. */
export interface Shared {
  /** Equal keys, equal streams. */
  readonly key: string
  /** Every result replaces the ones before it: a live query. Else each is a part: a feed. */
  readonly whole: boolean
  start(signal: AbortSignal): Promise<Results | ExecutionResult>
  /** Of a feed: the asker's own way there from an older position; no batch goes beyond what `until` says when it is made. */
  own?(until: () => Position | null, signal: AbortSignal): Promise<Results | ExecutionResult>
}

/** The shared streams of one API. Each runs as long as somebody listens. */
export interface Hub {
  /**
   * Listens until the signal aborts. Answers with the reasons if there is no such stream. Whoever joins a live query
   * late gets its present result at once, or, if that is known to be outdated, the next one. Whoever has a way of their own is
   * brought to where the shared stream is, and joins it there.
   */
  join(shared: Shared, listener: Listener, signal: AbortSignal): Promise<ExecutionResult | undefined>
  /** Ends all streams: their readers are told that they are retired. */
  retire(): void
}

/** A result that began before a reader joined may be older than what that reader knows; the one after it is not. */
const PATIENCE = 2

interface Topic {
  readonly shared: Shared
  /** How many results a reader may still be made to wait for its first one. */
  readonly listeners: Map<Listener, number>
  readonly end: AbortController
  started: Promise<Results | ExecutionResult>
  source: Results | null
  last: Packet | null
  /** Of a feed: the end of what it has told. */
  at: Position | null
  /** Resolves once it has begun, or is known not to. */
  begun: Promise<void>
}

/** `finished`: what a stranger may see of a result (masked errors). */
export function createHub(finished: (result: ExecutionResult) => ExecutionResult): Hub {
  const topics = new Map<string, Topic>()

  const open = (shared: Shared): Topic => {
    const end = new AbortController()
    const topic: Topic = {
      shared,
      listeners: new Map(),
      end,
      started: shared.start(end.signal),
      source: null,
      last: null,
      at: null,
      begun: Promise.resolve(),
    }
    topics.set(shared.key, topic)
    topic.begun = topic.started.then(
      async started => {
        if (!(Symbol.asyncIterator in started)) return forget(topic)
        void pump(topic, started)
        const began = await started.began
        topic.at ??= began ?? null
      },
      () => forget(topic),
    )
    return topic
  }
  const attach = (topic: Topic, listener: Listener, waits: number, signal: AbortSignal): void => {
    topic.listeners.set(listener, waits)
    signal.addEventListener('abort', () => detach(topic, listener), { once: true })
  }
  const detach = (topic: Topic, listener: Listener): void => {
    if (topic.listeners.delete(listener) && topic.listeners.size === 0) forget(topic)
  }
  const forget = (topic: Topic): void => {
    if (topics.get(topic.shared.key) === topic) topics.delete(topic.shared.key)
    topic.end.abort()
  }
  const close = (topic: Topic, ending: Ending): void => {
    forget(topic)
    const left = [...topic.listeners.keys()]
    topic.listeners.clear()
    for (const listener of left) listener.end(ending)
  }

  const pump = async (topic: Topic, source: Results): Promise<void> => {
    const iterator = source[Symbol.asyncIterator]()
    // The end of a source that nobody listens to, and what it complains about then, interest nobody.
    const stop = () => void Promise.resolve(iterator.return?.()).catch(() => {})
    if (topic.end.signal.aborted) return stop()
    topic.source = source
    topic.end.signal.addEventListener('abort', stop)
    try {
      let pulled = iterator.next()
      while (!topic.end.signal.aborted) {
        const { done, value } = await pulled
        if (done || topic.end.signal.aborted) break
        const at = source.position ?? topic.at
        // Asked for before this one is handed out: only then the source knows whether it is outdated already.
        pulled = iterator.next()
        pulled.catch(() => {})
        topic.at = at
        deliver(topic, packetOf(finished(value)))
      }
      close(topic, { kind: 'over' })
    } catch (error) {
      close(topic, { kind: 'failed', error })
    }
  }

  /** Those who are on the way to a shared stream. */
  const underway = new Map<Listener, AbortController>()

  const follow = async (
    topic: Topic,
    own: NonNullable<Shared['own']>,
    listener: Listener,
    left: AbortSignal,
  ): Promise<ExecutionResult | undefined> => {
    const end = new AbortController()
    const signal = AbortSignal.any([left, end.signal])
    // Keeps the stream from ending before this reader has come.
    const place: Listener = { next: () => {}, end: () => {} }
    attach(topic, place, 0, left)
    underway.set(listener, end)
    left.addEventListener('abort', () => underway.delete(listener), { once: true })
    await topic.begun
    const bound = { at: topic.at }
    const arrive = (): void => {
      underway.delete(listener)
      attach(topic, listener, 0, left)
    }
    const leave = (): void => {
      underway.delete(listener)
      detach(topic, place)
      end.abort()
    }
    const started = await own(() => bound.at, signal).catch((error: unknown) => {
      leave()
      throw error
    })
    if (!(Symbol.asyncIterator in started)) {
      leave()
      return finished(started)
    }
    // Whoever is told that they have joined misses nothing that is committed from then on, nor hears it by themselves.
    await started.began
    const ahead: Ahead = {
      get at() {
        return topic.end.signal.aborted ? null : topic.at
      },
      listen: one => {
        attach(topic, one, 0, left)
        return () => detach(topic, one)
      },
    }
    const packet = (result: ExecutionResult) => packetOf(finished(result))
    void bringUp({ own: started, bound, ahead, listener, signal, packetOf: packet, arrive }).finally(leave)
    return
  }

  return {
    join: async (shared, listener, signal) => {
      if (signal.aborted) return
      const topic = topics.get(shared.key) ?? open(shared)
      if (shared.own) return follow(topic, shared.own, listener, signal)
      attach(topic, listener, shared.whole ? PATIENCE : 0, signal)
      if (topic.last) void greet(topic, listener)
      const started = await topic.started
      return Symbol.asyncIterator in started ? undefined : finished(started)
    },
    retire: () => {
      for (const topic of [...topics.values()]) close(topic, { kind: 'retired' })
      for (const [listener, end] of underway) {
        end.abort()
        listener.end({ kind: 'retired' })
      }
    },
  }
}

function packetOf(result: ExecutionResult): Packet {
  const text = textOf(result)
  return { result, text, bytes: Buffer.byteLength(text) }
}

/** What is there, to one who joins, unless that is outdated and a newer result on its way. */
async function greet({ source, last, listeners, end }: Topic, listener: Listener): Promise<void> {
  // A database that does not answer fails the next result, too, and that says so.
  const current = await source?.current?.().catch(() => false)
  if (!current || !last || end.signal.aborted || !listeners.get(listener)) return
  listeners.set(listener, 0)
  listener.next(last)
}

function deliver(topic: Topic, packet: Packet): void {
  const { shared, listeners, source } = topic
  const same = shared.whole && packet.text === topic.last?.text
  if (shared.whole && !same) topic.last = packet
  const sent = same ? (topic.last as Packet) : packet
  for (const [listener, waits] of listeners) {
    if (waits > 1 && source?.stale) listeners.set(listener, waits - 1)
    else if (waits > 0) {
      listeners.set(listener, 0)
      listener.next(sent)
    } else if (!same) listener.next(sent)
  }
}

import type { ExecutionResult } from 'graphql'
import type { Api, Operation } from './api.ts'
import { createHub, type Shared } from './hub.ts'
import type { Listener } from './listener.ts'
import type { Mask } from './mask.ts'
import { type Retirement, retirementError } from './retirement.ts'

/** One API during the time it is served. */
export interface Generation {
  readonly api: Api
  /** Aborts, with a `Retirement` as reason, when streams must end. */
  readonly retired: AbortSignal
  retire(reason: Retirement): void
  /** Resolves when no query or mutation of this generation is running any more. */
  idle(): Promise<void>
  execute: Api['execute']
  /**
   * `farewell`: when the gateway ends the stream, its last result names the reason. Without, the stream falls silent
   * and its transport says so: a WebSocket is closed with a code on which clients subscribe again, whereas a stream
   * that completes is over for them.
   */
  subscribe(operation: Operation, farewell: boolean): ReturnType<Api['subscribe']>
  /** How to join the one stream of all who ask the same; null when the asker must `subscribe` to one of their own. */
  share(operation: Operation): Joinable | null
}

export interface Joinable {
  /** Results replace each other: a slow reader may skip some. */
  readonly whole: boolean
  /** Listens until the operation's signal aborts; answers with the reasons if there is nothing to listen to. */
  join(listener: Listener): Promise<ExecutionResult | undefined>
}

export function generation(api: Api, mask: Mask): Generation {
  const end = new AbortController()
  const running = new Set<Promise<unknown>>()
  const masked = (result: ExecutionResult): ExecutionResult =>
    result.errors?.length ? { ...result, errors: result.errors.map(mask) } : result
  const hub = createHub(masked)

  return {
    api,
    retired: end.signal,
    retire: reason => {
      end.abort(reason)
      hub.retire()
    },
    share: operation => {
      const share = end.signal.aborted ? null : api.share?.(operation)
      if (!share) return null
      const { key, whole, resumes } = share
      const start = (signal: AbortSignal) =>
        api.subscribe({ ...operation, signal, repeats: whole, fromNow: !whole })
      const own: Shared['own'] = (until, signal) => api.subscribe({ ...operation, signal, until })
      const shared: Shared = { key, whole, start, ...(resumes ? { own } : {}) }
      return {
        whole,
        join: listener => hub.join(shared, listener, operation.signal),
      }
    },
    idle: async () => {
      await Promise.allSettled([...running])
    },
    execute: async operation => {
      const work = Promise.resolve(api.execute(operation))
      running.add(work)
      try {
        return masked(await work)
      } finally {
        running.delete(work)
      }
    },
    subscribe: async (operation, farewell) => {
      const signal = AbortSignal.any([operation.signal, end.signal])
      const result = await api.subscribe({ ...operation, signal })
      if (!(Symbol.asyncIterator in result)) return masked(result)
      return stream(result, { ended: end.signal, farewell, masked })
    },
  }
}

interface StreamOptions {
  readonly ended: AbortSignal
  readonly farewell: boolean
  masked(result: ExecutionResult): ExecutionResult
}

/**
 * Passes results on until the source ends, the reader returns, or `ended` aborts. An async generator's own `return()`
 * waits for its pending `next()`, which for a quiet feed is for ever; here the source hears of it through its
 * signal, and the reader never waits.
 */
function stream(
  source: AsyncIterable<ExecutionResult>,
  options: StreamOptions,
): AsyncIterableIterator<ExecutionResult> {
  const { ended, farewell } = options
  const iterator = source[Symbol.asyncIterator]()
  const over: IteratorResult<ExecutionResult> = { done: true, value: undefined }
  let done = false
  let interrupt: (result: IteratorResult<ExecutionResult>) => void = () => {}

  const finish = () => {
    done = true
    ended.removeEventListener('abort', onEnded)
    // Its end, or the complaint that it was cut off, interests nobody any more.
    Promise.resolve(iterator.return?.()).catch(() => {})
  }
  const last = (): IteratorResult<ExecutionResult> => {
    finish()
    return { done: false, value: { errors: [retirementError(ended.reason)] } }
  }
  const onEnded = () => {
    if (farewell && !done) interrupt(last())
  }
  ended.addEventListener('abort', onEnded)

  const next = async (): Promise<IteratorResult<ExecutionResult>> => {
    if (done) return over
    if (ended.aborted && farewell) return last()
    const interrupted = new Promise<IteratorResult<ExecutionResult>>(resolve => {
      interrupt = resolve
    })
    let outcome: { readonly result: IteratorResult<ExecutionResult> } | { readonly error: unknown }
    try {
      const result = await Promise.race([interrupted, iterator.next()])
      outcome = {
        result: result.done || done ? result : { done: false, value: options.masked(result.value) },
      }
    } catch (error) {
      outcome = { error }
    }
    // Whatever a source says once it was told to end is about that; whoever interrupted has said it better.
    if (ended.aborted || done) return interrupted
    if ('error' in outcome || outcome.result.done) finish()
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
  return {
    next,
    return: async () => {
      if (!done) finish()
      interrupt(over)
      return over
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

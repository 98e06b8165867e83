import type { ExecutionResult } from 'graphql'
import type { Api } from './api.ts'
import { type Mask, retirementError } from './mask.ts'

/** Why a gateway ends streams on its own account. */
export interface Retirement {
  readonly code: 'SCHEMA_CHANGED' | 'SHUTTING_DOWN'
  readonly message: string
}

/** One API during the time it is served. */
export interface Generation {
  readonly api: Api
  /** Aborts, with a `Retirement` as reason, when streams must end. */
  readonly retired: AbortSignal
  retire(reason: Retirement): void
  /** Resolves when no query or mutation of this generation is running any more. */
  idle(): Promise<void>
  execute: Api['execute']
  subscribe: Api['subscribe']
}

export function generation(api: Api, mask: Mask): Generation {
  const end = new AbortController()
  const running = new Set<Promise<unknown>>()
  const masked = (result: ExecutionResult): ExecutionResult =>
    result.errors?.length ? { ...result, errors: result.errors.map(mask) } : result

  return {
    api,
    retired: end.signal,
    retire: reason => end.abort(reason),
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
    subscribe: async operation => {
      const leave = new AbortController()
      const signal = AbortSignal.any([operation.signal, end.signal, leave.signal])
      const result = await api.subscribe({ ...operation, signal })
      if (!(Symbol.asyncIterator in result)) return masked(result)
      return stream(result, { ended: end.signal, leave: () => leave.abort(), masked })
    },
  }
}

interface StreamOptions {
  readonly ended: AbortSignal
  /** Tells the source that nobody listens any more. */
  leave(): void
  masked(result: ExecutionResult): ExecutionResult
}

/**
 * Passes results on until the source ends, the reader returns, or `ended` aborts: then one last result names the
 * reason. An async generator's own `return()` waits for its pending `next()`, which for a quiet feed is for ever;
 * here the source is told through its signal instead, and the reader never waits.
 */
function stream(
  source: AsyncIterable<ExecutionResult>,
  options: StreamOptions,
): AsyncIterableIterator<ExecutionResult> {
  const iterator = source[Symbol.asyncIterator]()
  const over: IteratorResult<ExecutionResult> = { done: true, value: undefined }
  let done = false
  let wake: (result: IteratorResult<ExecutionResult>) => void = () => {}

  const finish = () => {
    done = true
    options.ended.removeEventListener('abort', onEnded)
    options.leave()
    // Its end, or the complaint that it was cut off, interests nobody any more.
    void Promise.resolve(iterator.return?.()).catch(() => {})
  }
  const onEnded = () => wake({ done: false, value: retirementResult(options.ended.reason) })
  options.ended.addEventListener('abort', onEnded)

  const next = async (): Promise<IteratorResult<ExecutionResult>> => {
    if (done) return over
    if (options.ended.aborted) {
      finish()
      return { done: false, value: retirementResult(options.ended.reason) }
    }
    const interrupted = new Promise<IteratorResult<ExecutionResult>>(resolve => {
      wake = resolve
    })
    try {
      const result = await Promise.race([interrupted, iterator.next()])
      if (done) return over
      if (result.done || options.ended.aborted) finish()
      if (options.ended.aborted) return { done: false, value: retirementResult(options.ended.reason) }
      return result.done ? over : { done: false, value: options.masked(result.value) }
    } catch (error) {
      if (done) return over
      finish()
      if (options.ended.aborted) return { done: false, value: retirementResult(options.ended.reason) }
      throw error
    }
  }
  return {
    next,
    return: async () => {
      if (!done) finish()
      wake(over)
      return over
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function retirementResult(reason: Retirement): ExecutionResult {
  return { errors: [retirementError(reason)] }
}

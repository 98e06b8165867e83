import type { Position } from '@zg/core/ports/position'
import { isPassing } from '@zg/core/problem'
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type SubscriptionArgs,
} from 'graphql'
import { type ChangeBatch, isChanges } from '../resolve/changes.ts'
import { type Context, fork, type Span } from './context.ts'
import { execute } from './execute.ts'
import { ending } from './maybe.ts'
import { textOf } from './text.ts'
import { isTicks, TICK } from './ticks.ts'

export interface SubscribeOptions extends Span {
  /** Live queries give every run's result, also one that equals the last. Whoever shares them compares anyway. */
  readonly repeats?: boolean
}

/** A stream of results. */
export interface Results extends AsyncIterableIterator<ExecutionResult> {
  /**
   * Of a live query: the result given last is not, or not known to be, the present one, and another is on its way.
   * Says so exactly while somebody waits for the next result.
   */
  readonly stale: boolean
  /**
   * Of a live query: whether the result given last holds all that was committed before this call, wherever that was.
   * If not, another result is on its way.
   */
  current(): Promise<boolean>
  /** Of a feed: where it begins, as soon as that is known. Null: nowhere that could be named. */
  readonly began: Promise<Position | null>
  /** Of a feed: the end of what was given last. Null: nothing was, or there is no going on from there. */
  readonly position: Position | null
}

/**
 * graphql's `subscribe` for contexts from `createContext`: every event is executed in a fresh fork of the context,
 * so with a snapshot of its own, closed before the result is handed out. Live queries send a result only if it
 * differs from the last one. A refusal in the middle of the stream is its last result. Ends by `return`.
 */
export async function subscribe(
  args: SubscriptionArgs,
  { repeats = false, fromNow = false, until }: SubscribeOptions = {},
): Promise<Results | ExecutionResult> {
  const span: Span = { fromNow, ...(until ? { until } : {}) }
  const context: Context = { ...(args.contextValue as Context), span }
  const source = await ending(
    () => createSourceEventStream({ ...args, contextValue: context }),
    () => context.zg.close(),
  )
  return Symbol.asyncIterator in source ? responses(args, context, source, repeats) : source
}

/** An iterator by hand: a generator's `return` would wait for the event that is being awaited. */
function responses(
  args: ExecutionArgs,
  context: Context,
  events: AsyncIterable<unknown>,
  repeats: boolean,
): Results {
  const source = events[Symbol.asyncIterator]()
  let last: string | null = null
  let position: Position | null = null
  let running = false
  let ended = false

  const isStale = (): boolean => running || (isTicks(events) && events.due)
  const event = async (): Promise<IteratorResult<unknown> | { readonly refused: ExecutionResult }> => {
    try {
      return await source.next()
    } catch (error) {
      ended = true
      position = null
      if (error instanceof GraphQLError) return { refused: { errors: [error] } }
      throw error
    }
  }
  const next = async (): Promise<IteratorResult<ExecutionResult>> => {
    while (!ended) {
      running = false
      const found = await event()
      if ('refused' in found) return { done: false, value: found.refused }
      if (found.done) break
      running = true
      const result = await run(args, context, found.value)
      if (ended) break
      if (isChanges(events)) position = (found.value as ChangeBatch).position
      if (isTicks(events) && result.errors?.some(error => isPassing(error.originalError))) events.again()
      if (found.value !== TICK || repeats) return { done: false, value: result }
      const bytes = textOf(result)
      if (bytes === last) continue
      last = bytes
      return { done: false, value: result }
    }
    return DONE
  }
  const stop = async (): Promise<IteratorResult<ExecutionResult>> => {
    ended = true
    await source.return?.()
    return DONE
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next,
    return: stop,
    began: isChanges(events) ? events.began : Promise.resolve(null),
    get position() {
      return position
    },
    get stale() {
      return isStale()
    },
    current: async () => {
      if (!isTicks(events) || isStale()) return false
      const { seqs } = await context.zg.position()
      if (isStale()) return false
      const { seen } = events
      if (Object.entries(seqs).every(([tenant, seq]) => seq <= (seen.seqs[tenant] ?? 0))) return true
      // The feed is going to tell; this asker need not wait for that.
      events.hurry()
      return false
    },
  }
}

const DONE = { done: true, value: undefined } as const

async function run(args: ExecutionArgs, context: Context, event: unknown): Promise<ExecutionResult> {
  const forked = fork(context)
  const result = await execute({ ...args, rootValue: event, contextValue: forked })
  // A run that failed half-way has not said all it depends on: what the one before read still counts.
  if (!result.errors) context.zg.touched.clear()
  for (const entity of forked.zg.touched) context.zg.touched.add(entity)
  return result
}

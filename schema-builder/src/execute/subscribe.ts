import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type SubscriptionArgs,
} from 'graphql'
import { type Context, fork } from './context.ts'
import { execute } from './execute.ts'
import { ending } from './maybe.ts'
import { TICK } from './ticks.ts'

/**
 * graphql's `subscribe` for contexts from `createContext`: every event is executed in a fresh fork of the context,
 * so with a snapshot of its own, closed before the result is handed out. Live queries send a result only if it
 * differs from the last one. A refusal in the middle of the stream is its last result. Ends by `return`.
 */
export async function subscribe(
  args: SubscriptionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const context = args.contextValue as Context
  const source = await ending(
    () => createSourceEventStream(args),
    () => context.zg.close(),
  )
  return Symbol.asyncIterator in source ? responses(args, context, source[Symbol.asyncIterator]()) : source
}

/** An iterator by hand: a generator's `return` would wait for the event that is being awaited. */
function responses(
  args: ExecutionArgs,
  context: Context,
  source: AsyncIterator<unknown>,
): AsyncIterableIterator<ExecutionResult> {
  let last: string | null = null
  let ended = false

  const event = async (): Promise<IteratorResult<unknown> | { readonly refused: ExecutionResult }> => {
    try {
      return await source.next()
    } catch (error) {
      ended = true
      if (error instanceof GraphQLError) return { refused: { errors: [error] } }
      throw error
    }
  }
  const next = async (): Promise<IteratorResult<ExecutionResult>> => {
    while (!ended) {
      const found = await event()
      if ('refused' in found) return { done: false, value: found.refused }
      if (found.done) break
      const result = await run(args, context, found.value)
      if (ended) break
      if (found.value !== TICK) return { done: false, value: result }
      const bytes = JSON.stringify(result)
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

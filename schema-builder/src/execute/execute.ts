import type { MaybePromise } from '@zg/core/ports/scope'
import { type ExecutionArgs, type ExecutionResult, execute as graphqlExecute } from 'graphql'
import type { Context } from './context.ts'
import { ending } from './maybe.ts'

/**
 * graphql's `execute`, which also ends what the operation opened: give it a context from `createContext`, and each
 * context to one operation only. Over ports that answer at once the result is no promise.
 */
export function execute(args: ExecutionArgs): MaybePromise<ExecutionResult> {
  const { zg } = args.contextValue as Context
  return ending(
    () => graphqlExecute(args),
    () => zg.close(),
  )
}

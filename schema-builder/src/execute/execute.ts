import { Crowded } from '@zg/core/ports/reader'
import type { MaybePromise } from '@zg/core/ports/scope'
import { type ExecutionArgs, type ExecutionResult, execute as graphqlExecute } from 'graphql'
import { isDoubt, type Planned, planned } from '../plan/plan.ts'
import type { Context } from './context.ts'
import { chain, ending, rescued } from './maybe.ts'
import type { Operation } from './operation.ts'
import { answered } from './text.ts'

/**
 * graphql's `execute`, which also ends what the operation opened: give it a context from `createContext`, and each
 * context to one operation only. Over ports that answer at once the result is no promise.
 *
 * What a plan can say is answered by one, as text (`textOf`); the answers are equal, to the byte. `plans: false` is
 * graphql alone.
 */
export function execute(args: ExecutionArgs, { plans = true } = {}): MaybePromise<ExecutionResult> {
  const { zg } = args.contextValue as Context
  const found = plans ? planned(args, zg.services) : null
  return ending(
    () => (found ? byPlan(args, zg, found) : graphqlExecute(args)),
    () => zg.close(),
  )
}

/**
 * A plan answers whole or not at all. Errors of the asker's or of the data are graphql's to find and to word; when a
 * port fails nothing else is read, and graphql tells of that error wherever it would have read.
 */
function byPlan(
  args: ExecutionArgs,
  zg: Operation,
  { plan, variables }: Planned,
): MaybePromise<ExecutionResult> {
  const { single, pace } = plan
  const answer = (shared: boolean) => {
    zg.expect({ single, shared })
    return chain(plan.answer({ operation: zg, variables }), answered)
  }
  const alone = (error: unknown) => {
    if (!(error instanceof Crowded)) throw error
    if (error.own) pace.tookLong()
    return chain(zg.again(), () => answer(false))
  }
  return rescued(
    () => rescued(() => answer(pace.isQuick()), alone),
    error => chain(isDoubt(error) ? zg.again() : zg.again(error), () => graphqlExecute(args)),
  )
}

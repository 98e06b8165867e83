import type { Position } from '@zg/core/ports/position'
import { ProblemError, problem } from '@zg/core/problem'
import type { Tail } from './tail.ts'

/** Where a follower begins: its position's `seq` in a tenant, or the head. Throws a ProblemError with `BAD_CURSOR`. */
export type StartOf = (tenant: string, since: Position | undefined) => Promise<number>

export function startsOfLog(log: string, tail: Tail): StartOf {
  return async (tenant, since) => {
    const head = await tail.head(tenant)
    if (since === undefined) return head
    if (since.log !== log) throw badCursor('This cursor is of another database; start again without `since`')
    const seq = Object.hasOwn(since.seqs, tenant) ? since.seqs[tenant] : undefined
    if (seq === undefined) throw badCursor(`This cursor is of another tenant, not of ${tenant}`)
    if (seq > head)
      throw badCursor('This cursor is ahead of the log: was the database restored from a backup?')
    return seq
  }
}

function badCursor(message: string): ProblemError {
  return new ProblemError([problem('BAD_CURSOR', ['since'], message)])
}

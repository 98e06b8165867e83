import type { Batch, Head, StoredVerdict } from '@zg/core/ports/storage'
import type { Outcome, PushAnswer, Verdict } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import { deferral, wrongBase } from './push.ts'
import { clientText, type Request, type Retry } from './request.ts'

/** Null: it is none. A retry is answered as it was the first time; another body under the same id is refused. */
export function told(
  log: string,
  { now }: Batch,
  tenant: string,
  { text, body, numbered }: Retry,
  known: ReadonlyMap<string, StoredVerdict>,
): PushAnswer | null {
  const stored = known.get(text)
  if (!stored) return null
  const { verdict, ids, seq, bodyHash } = stored
  const at = position(log, tenant, seq)
  if (bodyHash === body) return { kind: 'verdict', outcome: { verdict, ids, position: at } }
  const message = 'This mutation id was used for another mutation; every mutation needs an id of its own'
  const reused = problem('ID_REUSED', [numbered ? 'n' : 'mutationId'], message)
  if (numbered) return { kind: 'refused', problem: reused, time: now }
  return unkept(reused, at)
}

/** Refused, and the verdict is not kept. */
function unkept(found: Problem, at: Outcome['position']): PushAnswer {
  const verdict: Verdict = { status: 'rejected', problems: [found] }
  return { kind: 'verdict', outcome: { verdict, ids: [], position: at } }
}

/** Why it is not judged now; nothing is stored of it. */
export function outOfTurn(
  log: string,
  { now: time }: Batch,
  tenant: string,
  request: Request,
  last: ReadonlyMap<string, number>,
  head: Head,
): PushAnswer | null {
  const { retry, base } = request
  if (!retry?.numbered) {
    const wrong = wrongBase(base, log, head.seq)
    return wrong === null
      ? null
      : unkept(problem('BAD_CURSOR', ['base'], wrong), position(log, tenant, head.seq))
  }
  const { key } = retry
  const next = (last.get(clientText(key)) ?? 0) + 1
  if (key.n < next) {
    const message = 'The mutation was judged long ago, and its verdict is kept no longer'
    return { kind: 'refused', problem: problem('VERDICT_GONE', ['n'], message), time }
  }
  if (key.n > next) {
    const message = `Mutation ${next} of this client comes next; push that first`
    return { kind: 'refused', problem: problem('MUTATION_GAP', ['n'], message), time, next }
  }
  return request.unfit.length ? null : deferral(request, { log, head, now: time })
}

export function position(log: string, tenant: string, seq: number): Outcome['position'] {
  return { log, seqs: { [tenant]: seq } }
}

import { printable } from '@zg/core/act/printable'
import type { PushAnswer } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'

/** A stranger's mistake, for the log. */
export interface Complaint {
  readonly by: string
  readonly tenant: string
  /** Of the refusal that it was answered with. */
  readonly code: string
  readonly message: string
}

/** So many are remembered. */
const REMEMBERED = 1_000
const HOUR = 3_600_000
/** What strangers have said stays short in the log, and on its line. */
const WORDS = 300

/** Passes on what each principal does wrong, each code once an hour at most, however often it happens. */
export function once(
  complain: (complaint: Complaint) => void,
  now: () => number,
): (complaint: Complaint) => void {
  const said = new Map<string, number>()
  return complaint => {
    const key = JSON.stringify([complaint.tenant, complaint.by, complaint.code])
    const last = said.get(key)
    if (last !== undefined && now() - last < HOUR) return
    said.delete(key)
    said.set(key, now())
    for (const oldest of said.keys()) {
      if (said.size <= REMEMBERED) break
      said.delete(oldest)
    }
    complain({ ...complaint, message: printable(complaint.message.slice(0, WORDS)) })
  }
}

/**
 * What no replica of ours is answered whose clock is right and whose outbox is its own: it judges its mutations as we do
 * before it sends them. Whatever depends on what others have done meanwhile is no mistake.
 */
const MISTAKES: ReadonlySet<string> = new Set([
  'BAD_ACT',
  'BAD_CHANGE',
  'BAD_ID',
  'BAD_PUSH',
  'BAD_TEXT_UPDATE',
  'BAD_VALUE',
  'CLOCK_AHEAD',
  'FORGED',
  'GUARDED',
  'ID_REUSED',
  'STAMP_TAKEN',
  'TOO_LARGE',
  'UNKNOWN_ENTITY',
  'UNKNOWN_FIELD',
  'WRONG_KIND',
])

/** What was wrong with the push itself; null: nothing that is worth a line. */
export function mistakeOf(answer: PushAnswer): Problem | null {
  const problems = answer.kind === 'refused' ? [answer.problem] : answer.outcome.verdict.problems
  return problems.find(({ code }) => MISTAKES.has(code)) ?? null
}

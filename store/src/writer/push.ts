import { bodyHash, changesHash } from '@zg/core/act/body'
import { checkActs } from '@zg/core/act/check'
import { checkChanges } from '@zg/core/act/checkChanges'
import type { Checks } from '@zg/core/act/checks'
import { parseActs } from '@zg/core/act/parse'
import type { Base } from '@zg/core/change/change'
import { type Hlc, hlcMs, isAhead } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Head } from '@zg/core/ports/storage'
import type { Push, PushRefusal, Work } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import { type Read, type Request, retryOf } from './request.ts'

/** Why this cannot be told from other pushes; null if it can. Never throws, whatever it is given. */
export function checkPush(push: Push): Problem | null {
  const { client, n, base, work } = push as { readonly [member in keyof Push]?: unknown }
  if (typeof client !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(client)) {
    return bad('client', 'A client is 1 to 64 characters of A-Z, a-z, 0-9, _ and -')
  }
  if (!Number.isSafeInteger(n) || Number(n) < 1) return bad('n', 'Mutations are numbered 1, 2, 3...')
  if (base !== null && !isBase(base)) return bad('base', 'A base is null, or a log and the seq there')
  return isWork(work) ? null : bad('work', 'A push brings a list of changes, or a list of acts')
}

function isBase(base: unknown): boolean {
  const { log, seq, ...more } = { ...(base as object) } as { readonly [member: string]: unknown }
  const known = typeof log === 'string' && Number.isSafeInteger(seq) && Number(seq) >= 0
  return known && Object.keys(more).length === 0
}

function isWork(work: unknown): boolean {
  if (typeof work !== 'object' || work === null) return false
  const { kind, ...rest } = work as { readonly [member: string]: unknown }
  const [member, ...more] = Object.keys(rest)
  return (
    (kind === 'changes' || kind === 'acts') &&
    member === kind &&
    more.length === 0 &&
    Array.isArray(rest[kind])
  )
}

function bad(member: string, message: string): Problem {
  return problem('BAD_PUSH', [member], message)
}

/** Of a push that has passed `checkPush`. Never throws. O(size). */
export function readPush(catalog: Catalog, push: Push, checks: Checks): Read {
  const { scope, client, n, base, work } = push
  const key = { by: scope.principal.id, client, n }
  const same = { scope, work, base, broken: null, unfitTexts: [], repeats: [], ids: [] }
  try {
    const unfit = unfitness(catalog, push, checks)
    const body = unfit.length ? hashOfUnfit(work) : hashOf(work)
    return { ...same, unfit, retry: retryOf(key, body, true) }
  } catch (error) {
    return { ...same, unfit: [], broken: { error }, retry: null }
  }
}

function unfitness(catalog: Catalog, push: Push, checks: Checks): readonly Problem[] {
  const { scope, client, n, base, work } = push
  if (work.kind === 'changes') {
    const claimed = { tenant: scope.tenant, by: scope.principal.id, client, n, base }
    return checkChanges(catalog, work.changes, claimed, checks)
  }
  const acts = parseActs(work.acts)
  return 'code' in acts ? [acts] : checkActs(catalog, acts, checks)
}

function hashOf(work: Work): string {
  return work.kind === 'changes' ? changesHash(work.changes) : bodyHash(work.acts)
}

/** What is not even a list of changes or acts is refused all the same, and its n is spent: all of it is one body. */
function hashOfUnfit(work: Work): string {
  try {
    return hashOf(work)
  } catch {
    return 'unfit'
  }
}

/** Why this is no base at the head `seq` of the log; null if it is one. */
export function wrongBase(base: Base | null, log: string, seq: number): string | null {
  if (base === null) return null
  if (base.log !== log) return 'The base is of another log or tenant; take a cursor of this one'
  return base.seq > seq
    ? `The base is ahead of the log, which ends at ${seq}; was it restored from a backup?`
    : null
}

/**
 * Why a push is not judged now, if its client may correct that. Who is ahead of the clock, but not of the log, has stamped
 * above what was there, as everybody must.
 */
export function deferral(
  { base, work }: Request,
  { log, head, now }: { readonly log: string; readonly head: Head; readonly now: number },
): PushRefusal | null {
  const refused = (code: string, path: readonly string[], message: string): PushRefusal => ({
    kind: 'refused',
    problem: problem(code, path, message),
    time: now,
  })
  const baseless = wrongBase(base, log, head.seq)
  if (baseless) return refused('BAD_BASE', ['base'], baseless)
  // A stamp above another one is of the same ms, or the next when its counter is full: nobody drags the log ahead.
  const above = head.hlc === null ? 0 : hlcMs(head.hlc) + 1
  const isRunaway = (id: Hlc) => isAhead(id, now) && hlcMs(id) > above
  const ahead = work.kind === 'changes' ? work.changes.findIndex(({ id }) => isRunaway(id)) : -1
  if (ahead < 0) return null
  const message = 'The stamp lies more than 60 s ahead; correct the clock, stamp anew and push again'
  return refused('CLOCK_AHEAD', [String(ahead), 'id'], message)
}

import type { Act } from '@zg/core/act/act'
import { needsOf } from '@zg/core/act/admit'
import { bodyHash } from '@zg/core/act/body'
import { checkActs } from '@zg/core/act/check'
import type { Checks } from '@zg/core/act/checks'
import { partFresh } from '@zg/core/act/fresh'
import { NO_NEEDS } from '@zg/core/act/needs'
import { prefetch } from '@zg/core/act/prefetch'
import type { Base } from '@zg/core/change/change'
import type { Catalog } from '@zg/core/ir/catalog'
import { checkMutationId } from '@zg/core/ports/fit'
import type { VerdictKey } from '@zg/core/ports/storage'
import type { Mutation, Work } from '@zg/core/ports/writer'
import { readPush } from './push.ts'
import type { Task } from './queue.ts'
import { type Read, type Request, retryOf } from './request.ts'
import { BY_MUTATION_ID } from './retention.ts'

/**
 * With its texts prepared. Its body stays what was asked: replacements are made of chance. Never throws: what one
 * caller hands in must not cost the others of its batch. O(size).
 */
export function readTask(catalog: Catalog, task: Task, checks: Checks): Request {
  const read = withTexts(catalog, task, checks)
  if (read.broken || read.unfit.length) return { ...read, ...ASKS_NOTHING }
  try {
    return { ...read, ...asked(catalog, task, read.work) }
  } catch (error) {
    return { ...read, broken: { error }, ...ASKS_NOTHING }
  }
}

/** A mutation of more acts is no little work. */
const BRIEF_ACTS = 8
const ASKS_NOTHING = { needs: NO_NEEDS, fresh: [], brief: true }

function withTexts(catalog: Catalog, task: Task, checks: Checks): Read {
  // Folds ask for nothing.
  if (task.kind === 'folds') return readMutation(catalog, { scope: task.scope, acts: [] }, checks)
  const asked =
    task.kind === 'push' ? readPush(catalog, task.push, checks) : readMutation(catalog, task.mutation, checks)
  if (!task.texts || asked.broken || asked.unfit.length) return asked
  const { unfit, repeats } = task.texts
  if (task.kind === 'push') return { ...asked, work: task.texts.work, unfitTexts: unfit, repeats }
  return { ...asked, work: { kind: 'acts', acts: task.texts.acts }, unfit, repeats }
}

/** Ids are only believed to be new if they were made here: a push comes from anywhere. */
function asked(catalog: Catalog, { kind }: Task, work: Work): Omit<Request, keyof Read> {
  if (work.kind === 'changes') {
    return { needs: { ...NO_NEEDS, ...needsOf(catalog, work.changes) }, fresh: [], brief: false }
  }
  const { acts } = work
  const needs = prefetch(catalog, acts)
  const parted = kind === 'mutation' ? partFresh(acts, needs) : { needs, fresh: [] }
  return { ...parted, brief: kind !== 'folds' && acts.length <= BRIEF_ACTS && acts.every(changesRows) }
}

function changesRows(act: Act): boolean {
  return (
    act.kind !== 'delete' &&
    Object.values(act.fields).every(({ kind }) => kind !== 'alter' && kind !== 'text')
  )
}

function readMutation(catalog: Catalog, mutation: Mutation, checks: Checks): Read {
  const { acts, scope, mutationId } = mutation
  const same = {
    scope,
    work: { kind: 'acts', acts },
    base: baseOf(mutation),
    broken: null,
    unfitTexts: [],
    repeats: [],
  } as const
  try {
    const badId = mutationId === undefined ? [] : checkMutationId(mutationId)
    const unfit = [...badId, ...checkActs(catalog, acts, checks)]
    const ids = unfit.length ? [] : acts.map(act => act.id)
    if (mutationId === undefined || badId.length) return { ...same, unfit, ids, retry: null }
    const key: VerdictKey = { by: scope.principal.id, client: BY_MUTATION_ID + mutationId, n: 0 }
    return { ...same, unfit, ids, retry: retryOf(key, bodyHash(acts), false) }
  } catch (error) {
    return { ...same, unfit: [], broken: { error }, ids: [], retry: null }
  }
}

/** Of a position without this tenant none that any log knows. */
function baseOf({ base, scope: { tenant } }: Mutation): Base | null {
  if (!base) return null
  return Object.hasOwn(base.seqs, tenant)
    ? { log: base.log, seq: base.seqs[tenant] ?? 0 }
    : { log: '', seq: 0 }
}

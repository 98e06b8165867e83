import { admit } from '@zg/core/act/admit'
import type { Written } from '@zg/core/act/author'
import { type Judgement, judge } from '@zg/core/act/judge'
import { type Needs, NO_NEEDS } from '@zg/core/act/needs'
import type { Draft, Overlay } from '@zg/core/act/overlay'
import { rowAddress } from '@zg/core/act/step'
import type { BatchFacts, BatchNeeds } from '@zg/core/ports/storage'
import type { Verdict } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import type { Authors } from './authors.ts'
import type { Bench } from './bench.ts'
import { distinctNeeds } from './prepared.ts'
import type { Request } from './request.ts'

/** What became of a mutation; `failed`: a bug, which left no trace. */
export type Judged =
  | {
      readonly kind: 'judged'
      readonly verdict: Verdict
      readonly ids: readonly string[]
      readonly written: readonly Written[]
    }
  | { readonly kind: 'failed'; readonly error: unknown }

type Accepted = Extract<Judgement, { readonly kind: 'accepted' }>

/** Where a tenant's mutations are judged. */
interface Court {
  readonly bench: Bench
  readonly tenant: string
  readonly authors: Authors
}

type Load = (needs: BatchNeeds) => Promise<BatchFacts>

/**
 * Judges one mutation on the overlay, which takes what it is accepted for. At once if all it needs is there: waiting
 * costs more than most mutations do.
 */
export function judgeOne(
  { bench, tenant, authors }: Court,
  request: Request,
  overlay: Overlay,
  load: Load,
): Judged | Promise<Judged> {
  const { unfit, broken } = request
  if (broken) return { kind: 'failed', error: broken.error }
  if (unfit.length) return refused(request, unfit)
  const draft = overlay.draft()
  const unwritable = request.unfitTexts.filter(({ path: [i] }) => lives(bench, draft, request, Number(i)))
  if (unwritable.length) return refused(request, unwritable)
  const judging = judgingOf(bench, tenant, request, draft)
  const end = (step: Ended): Judged | Promise<Judged> => {
    if (step.kind === 'failed') return step
    const { judgement } = step
    if (judgement.kind === 'refused') return refused(request, judgement.problems)
    const finish = (foreign: readonly Problem[]): Judged =>
      foreign.length ? refused(request, foreign) : accepted(bench, draft, judgement)
    const foreign = authors.admit(request, judgement.written, draft)
    return foreign instanceof Promise ? foreign.then(finish) : finish(foreign)
  }
  const step = advance(judging)
  if (step.kind !== 'needs') return end(step)
  return fetching(bench, judging, step, overlay, load).then(end)
}

async function fetching(
  { breathe }: Bench,
  judging: Judging,
  first: Lacking,
  overlay: Overlay,
  load: Load,
): Promise<Ended> {
  let step: Lacking | Ended = first
  while (step.kind === 'needs') {
    if (step.needs === NO_NEEDS) await breathe()
    else {
      const needs = distinctNeeds([step.needs])
      overlay.fill(needs, await load({ ...needs, fresh: [], verdicts: [], clients: [] }))
    }
    step = advance(judging)
  }
  return step
}

function refused({ ids }: Request, problems: Verdict['problems']): Judged {
  return { kind: 'judged', verdict: { status: 'rejected', problems }, ids, written: [] }
}

function accepted({ clock }: Bench, draft: Draft, { written, superseded, ids }: Accepted): Judged {
  draft.accept(written.map(({ change }) => change))
  // So that no stamp of this gateway's repeats one that came from elsewhere.
  for (const { change } of written) clock.observe(change.id)
  const verdict: Verdict = {
    status: 'applied',
    problems: [],
    ...(superseded.length ? { superseded } : {}),
  }
  return { kind: 'judged', verdict, ids, written }
}

/** Of a row that died meanwhile nothing is written, so what was wrong with that does not matter. */
function lives({ catalog }: Bench, draft: Draft, { work }: Request, i: number): boolean {
  if (work.kind === 'changes') {
    const change = work.changes[i]
    return !change || draft.instance(change).dead === null
  }
  const act = work.acts[i]
  return !act || draft.instance(rowAddress(catalog.entity(act.entity), act.id)).dead === null
}

type Judging = Generator<Needs, Judgement, void>

function judgingOf(
  { catalog, schema, clock }: Bench,
  tenant: string,
  { scope, work, base, retry }: Request,
  draft: Draft,
): Judging {
  if (work.kind === 'changes') return admit(catalog, work.changes, draft)
  return judge(catalog, work.acts, draft, {
    tenant,
    schema,
    by: scope.principal.id,
    // Without a mutation id a request is a client of its own, named by a stamp that nobody else has.
    client: retry?.key.client ?? clock.stamp(),
    n: retry?.key.n ?? 0,
    base,
    ...(base ? { reach: 'base' } : {}),
    ...(retry?.numbered ? { synced: true } : {}),
    stamp: above => clock.stamp(above),
  })
}

type Lacking = { readonly kind: 'needs'; readonly needs: Needs }
type Ended =
  | { readonly kind: 'judged'; readonly judgement: Judgement }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What throws in here is a bug that one mutation has met; the others of its batch are none the wiser. */
function advance(judging: Judging): Lacking | Ended {
  try {
    const step = judging.next()
    return step.done ? { kind: 'judged', judgement: step.value } : { kind: 'needs', needs: step.value }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

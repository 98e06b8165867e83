import type { Checks } from '@zg/core/act/checks'
import { type Judgement, judge } from '@zg/core/act/judge'
import type { Needs } from '@zg/core/act/needs'
import { createOverlay, type Overlay } from '@zg/core/act/overlay'
import { prefetch } from '@zg/core/act/prefetch'
import type { Clock } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Batch, Entry, LogChunk, StoredVerdict, TextAddress, Writes } from '@zg/core/ports/storage'
import type { Outcome, Verdict } from '@zg/core/ports/writer'
import { problem } from '@zg/core/problem'
import type { Pending } from './queue.ts'
import { type Request, readPending } from './request.ts'
import type { Retention } from './retention.ts'

/** What judging needs, the same for every batch. */
export interface Bench {
  readonly catalog: Catalog
  readonly checks: Checks
  /** Hash of the IR. */
  readonly schema: string
  readonly clock: Clock
  /** Id of the log. */
  readonly log: string
  now(): number
  readonly retention: Retention
}

/** What a caller is told: an outcome, or that judging itself failed (a bug), which left no trace. */
export type Answer =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly error: unknown }

/** One answer per mutation, and the tenant's new head. */
export interface TenantResult {
  readonly answers: readonly Answer[]
  readonly seq: number
  /** What this batch added to the log, as reading it back would give it; null if nothing. */
  readonly chunk: LogChunk | null
  /** Texts that have grown. */
  readonly texts: readonly TextAddress[]
}

/**
 * Judges one tenant's mutations in order under its lock, each seeing its predecessors, and saves what they leave.
 * Answers hold only once the batch has committed.
 */
export async function runTenant(
  bench: Bench,
  batch: Batch,
  tenant: string,
  waiting: readonly Pending[],
): Promise<TenantResult> {
  const head = batch.heads.get(tenant)
  if (!head) throw new Error(`The batch does not hold tenant ${tenant}`)
  if (head.hlc) bench.clock.observe(head.hlc)
  const overlay = createOverlay(bench.catalog)
  const requests = waiting.map(pending => readPending(bench.catalog, pending, bench.checks))
  const known = await loadFirst(bench, batch, tenant, requests, overlay)

  const entries: Entry[] = []
  const verdicts: Writes['verdicts'][number][] = []
  const answers: Answer[] = []
  for (const request of requests) {
    const stored = request.retry ? known.get(request.retry.text) : undefined
    if (stored) {
      answers.push({ kind: 'outcome', outcome: retried(bench, tenant, stored, request.retry?.body) })
      continue
    }
    const judged = await judgeOne(bench, batch, tenant, request, overlay, entries, head.seq)
    if (judged.status === 'failed') {
      answers.push({ kind: 'failed', error: judged.error })
      continue
    }
    const at = head.seq + entries.length
    const { retry } = request
    const { verdict, ids } = judged
    answers.push({ kind: 'outcome', outcome: { verdict, ids, position: position(bench, tenant, at) } })
    if (retry) {
      const fresh: StoredVerdict = { bodyHash: retry.body, verdict, ids, seq: at }
      known.set(retry.text, fresh)
      verdicts.push({ ...retry.key, ...fresh, at: bench.now() })
    }
  }

  const seq = head.seq + entries.length
  const folds = waiting.flatMap(pending => pending.folds ?? [])
  if (entries.length || verdicts.length || folds.length) {
    const lastSeqs = new Map(entries.map(entry => [`${entry.change.entity}/${entry.change.key}`, entry.seq]))
    await batch.save(tenant, {
      head: { seq, hlc: entries.at(-1)?.change.id ?? head.hlc },
      entries,
      instances: [...overlay.changed].map(([key, staged]) => ({ ...staged, seq: lastSeqs.get(key) ?? seq })),
      claims: [...overlay.claimed.values()],
      verdicts,
      expire: bench.retention.due(tenant, bench.now()),
      folds,
    })
  }
  return { answers, seq, chunk: chunkOf(entries, overlay, seq), texts: textsOf(entries) }
}

function chunkOf(entries: readonly Entry[], { changed }: Overlay, seq: number): LogChunk | null {
  if (entries.length === 0) return null
  const images = new Map([...changed].map(([key, { instance }]) => [key, instance]))
  return { entries, seq, head: seq, images }
}

/** One load for all that the whole batch is known to need, verdicts of retries included. */
async function loadFirst(
  { catalog }: Bench,
  batch: Batch,
  tenant: string,
  requests: readonly Request[],
  overlay: Overlay,
): Promise<Map<string, StoredVerdict>> {
  const retries = requests.map(({ retry }) => retry).filter(retry => retry !== null)
  const fit = requests.filter(({ unfit, broken }) => unfit.length === 0 && !broken)
  const needs = distinctNeeds(fit.map(({ mutation }) => prefetch(catalog, mutation.acts)))
  const facts = await batch.load(tenant, { ...needs, verdicts: retries.map(({ key }) => key) })
  overlay.fill(needs, facts)
  const known = new Map<string, StoredVerdict>()
  retries.forEach(({ text }, i) => {
    const stored = facts.verdicts[i]
    if (stored) known.set(text, stored)
  })
  return known
}

type Judged =
  | { readonly status: 'judged'; readonly verdict: Verdict; readonly ids: readonly string[] }
  | { readonly status: 'failed'; readonly error: unknown }

async function judgeOne(
  { catalog, schema, clock }: Bench,
  batch: Batch,
  tenant: string,
  { mutation, retry, unfit, broken, ids }: Request,
  overlay: Overlay,
  entries: Entry[],
  base: number,
): Promise<Judged> {
  if (broken) return { status: 'failed', error: broken.error }
  const refused = (problems: Verdict['problems']): Judged => ({
    status: 'judged',
    verdict: { status: 'rejected', problems },
    ids,
  })
  if (unfit.length) return refused(unfit)
  const draft = overlay.draft()
  // Without a mutation id a request is a client of its own, named by a stamp that nobody else has.
  const client = retry?.key.client ?? clock.stamp()
  const by = mutation.scope.principal.id
  const stamp = (above: Iterable<string>) => clock.stamp(above)
  const judging = judge(catalog, mutation.acts, draft, {
    tenant,
    schema,
    by,
    client,
    n: 0,
    base: null,
    stamp,
  })
  let step = advance(judging)
  while (step.kind === 'needs') {
    const needs = distinctNeeds([step.needs])
    overlay.fill(needs, await batch.load(tenant, { ...needs, verdicts: [] }))
    step = advance(judging)
  }
  if (step.kind === 'failed') return { status: 'failed', error: step.error }
  const { judgement } = step
  if (judgement.kind === 'refused') return refused(judgement.problems)
  draft.accept()
  judgement.written.forEach(({ change, before }, i) => {
    const last = i === judgement.written.length - 1
    entries.push({ seq: base + entries.length + 1, change, before, last })
  })
  return { status: 'judged', verdict: { status: 'applied', problems: [] }, ids: judgement.ids }
}

function textsOf(entries: readonly Entry[]): readonly TextAddress[] {
  return entries.flatMap(({ change: { entity, key, ops } }) =>
    ops.flatMap(op => (op.kind === 'text' ? [{ entity, key, field: op.field }] : [])),
  )
}

type Advance =
  | { readonly kind: 'needs'; readonly needs: Needs }
  | { readonly kind: 'judged'; readonly judgement: Judgement }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What throws in here is a bug that one mutation has met; the others of its batch are none the wiser. */
function advance(judging: Generator<Needs, Judgement, void>): Advance {
  try {
    const step = judging.next()
    return step.done ? { kind: 'judged', judgement: step.value } : { kind: 'needs', needs: step.value }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

/** A retry is answered as it was the first time; another body under the same id is refused. */
function retried(bench: Bench, tenant: string, stored: StoredVerdict, body: string | undefined): Outcome {
  const { verdict, ids, seq } = stored
  if (stored.bodyHash === body) return { verdict, ids, position: position(bench, tenant, seq) }
  const message = 'This mutation id was used for another mutation; every mutation needs an id of its own'
  const problems = [problem('ID_REUSED', ['mutationId'], message)]
  return { verdict: { status: 'rejected', problems }, ids: [], position: position(bench, tenant, seq) }
}

function position({ log }: Bench, tenant: string, seq: number): Outcome['position'] {
  return { log, seqs: { [tenant]: seq } }
}

function distinctNeeds(all: readonly Needs[]): Needs {
  const distinct = <T>(items: readonly T[], text: (item: T) => string): T[] => [
    ...new Map(items.map(item => [text(item), item])).values(),
  ]
  const address = ({ entity, key }: { entity: number; key: string }) => `${entity}/${key}`
  return {
    instances: distinct(
      all.flatMap(needs => needs.instances),
      address,
    ),
    inbound: distinct(
      all.flatMap(needs => needs.inbound),
      address,
    ),
    claims: distinct(
      all.flatMap(needs => needs.claims),
      ({ index, value }) => `${index}/${value}`,
    ),
  }
}

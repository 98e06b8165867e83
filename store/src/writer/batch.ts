import { admit, needsOf } from '@zg/core/act/admit'
import type { Checks } from '@zg/core/act/checks'
import { type Judgement, judge } from '@zg/core/act/judge'
import { type Needs, NO_NEEDS } from '@zg/core/act/needs'
import { addressKey, createOverlay, type Draft, type Overlay } from '@zg/core/act/overlay'
import { prefetch } from '@zg/core/act/prefetch'
import { rowAddress } from '@zg/core/act/step'
import type { Clock, Hlc } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import type {
  Batch,
  BatchNeeds,
  Client,
  Entry,
  Fold,
  Head,
  LogChunk,
  StoredVerdict,
  TextAddress,
  Writes,
} from '@zg/core/ports/storage'
import type { Outcome, PushAnswer, Verdict } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import { deferral, wrongBase } from './push.ts'
import type { Pending } from './queue.ts'
import { readPending } from './read.ts'
import type { Request, Retry } from './request.ts'
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
  readonly retention: Retention
  /** Lets others have their turn while a large batch is judged. */
  breathe(): Promise<void>
}

/** So many entries are saved together: the database writes them while the next ones are judged. */
const PART = 64

/** What a caller is told, or that judging itself failed (a bug), which left no trace. */
export type Answer = PushAnswer | { readonly kind: 'failed'; readonly error: unknown }

/** One answer per mutation, and the tenant's new head. */
export interface TenantResult {
  readonly answers: readonly Answer[]
  readonly seq: number
  /** What this batch added to the log, as reading it back would give it; null if nothing. */
  readonly chunk: LogChunk | null
  /** Texts that have grown. */
  readonly texts: readonly TextAddress[]
}

/** One tenant's mutations, read, and what they are known to need. */
export interface Prepared {
  readonly requests: readonly Request[]
  readonly needs: BatchNeeds
  readonly folds: readonly Fold[]
}

/** What can be said before the lock is taken. One load for the whole batch, verdicts of retries included. */
export function prepareTenant({ catalog, checks }: Bench, waiting: readonly Pending[]): Prepared {
  const requests = waiting.map(pending => readPending(catalog, pending, checks))
  const retries = retriesOf(requests)
  const keys = retries.filter(({ numbered }) => numbered).map(({ key }) => key)
  const clients = new Map(keys.map(key => [clientText(key), { by: key.by, client: key.client }]))
  const fit = requests.filter(({ unfit, broken }) => unfit.length === 0 && !broken)
  const needs = distinctNeeds(
    fit.map(({ work }) =>
      work.kind === 'acts'
        ? prefetch(catalog, work.acts)
        : { ...NO_NEEDS, ...needsOf(catalog, work.changes) },
    ),
  )
  return {
    requests,
    needs: { ...needs, verdicts: retries.map(({ key }) => key), clients: [...clients.values()] },
    folds: waiting.flatMap(({ task }) => (task.kind === 'folds' ? task.folds : [])),
  }
}

function retriesOf(requests: readonly Request[]): readonly Retry[] {
  return requests.flatMap(({ retry }) => retry ?? [])
}

/**
 * Judges one tenant's mutations in order under its lock, each seeing its predecessors, and saves what they leave.
 * Answers hold only once the batch has committed.
 */
export async function runTenant(
  bench: Bench,
  batch: Batch,
  tenant: string,
  { requests, needs, folds }: Prepared,
): Promise<TenantResult> {
  const head = batch.heads.get(tenant)
  if (!head) throw new Error(`The batch does not hold tenant ${tenant}`)
  if (head.hlc) bench.clock.observe(head.hlc)
  const overlay = createOverlay(bench.catalog)
  const { known, last } = await loadFirst(batch, tenant, requests, needs, overlay)

  const entries: Entry[] = []
  const verdicts: Writes['verdicts'][number][] = []
  const answers: Answer[] = []
  let saved: Head & { readonly entries: number } = { ...head, entries: 0 }
  const save = async (rest: Partial<Writes>): Promise<void> => {
    const part = entries.slice(saved.entries)
    saved = {
      seq: head.seq + entries.length,
      hlc: greatest(saved.hlc, part),
      entries: entries.length,
    }
    await batch.save(tenant, {
      head: { seq: saved.seq, hlc: saved.hlc },
      entries: part,
      instances: changedBy(part, overlay),
      claims: [],
      verdicts: [],
      ...rest,
    })
  }
  for (const request of requests) {
    if (entries.length - saved.entries >= PART) {
      await save({})
      await bench.breathe()
    }
    const { retry } = request
    const at = head.seq + entries.length
    const early =
      (retry && told(bench, batch, tenant, retry, known)) ??
      outOfTurn(bench, batch, tenant, request, last, { ...head, seq: at })
    if (early) {
      answers.push(early)
      continue
    }
    const judged = await judgeOne(bench, batch, tenant, request, overlay, entries, head.seq)
    if (judged.status === 'failed') {
      answers.push({ kind: 'failed', error: judged.error })
      continue
    }
    const { verdict, ids } = judged
    const seq = head.seq + entries.length
    answers.push({ kind: 'verdict', outcome: { verdict, ids, position: position(bench, tenant, seq) } })
    if (retry) {
      const fresh: StoredVerdict = { bodyHash: retry.body, verdict, ids, seq }
      known.set(retry.text, fresh)
      if (retry.numbered) last.set(clientText(retry.key), retry.key.n)
      verdicts.push({ ...retry.key, ...fresh, at: batch.now })
    }
  }

  if (entries.length || verdicts.length || folds.length) {
    const claims = [...overlay.claimed.values()]
    await save({ claims, verdicts, expire: bench.retention.due(tenant, batch.now), folds })
  }
  const seq = head.seq + entries.length
  return { answers, seq, chunk: chunkOf(entries, overlay, seq), texts: textsOf(entries) }
}

/** The later state of what these entries have changed: nothing changes without one. */
function changedBy(entries: readonly Entry[], { changed }: Overlay): Writes['instances'] {
  const last = new Map(entries.map(({ seq, change }) => [addressKey(change), seq]))
  return [...last].flatMap(([key, seq]) => {
    const staged = changed.get(key)
    return staged ? [{ ...staged, seq }] : []
  })
}

function chunkOf(entries: readonly Entry[], { changed }: Overlay, seq: number): LogChunk | null {
  if (entries.length === 0) return null
  const images = new Map([...changed].map(([key, { instance }]) => [key, instance]))
  return { entries, seq, head: seq, images }
}

/** Pushed changes bring stamps of their own, of any order. */
function greatest(hlc: Hlc | null, entries: readonly Entry[]): Hlc | null {
  return entries.reduce<Hlc | null>((max, { change: { id } }) => (max === null || id > max ? id : max), hlc)
}

interface Known {
  /** Verdicts by the text of their key. */
  readonly known: Map<string, StoredVerdict>
  /** The last n judged, by the text of its client. */
  readonly last: Map<string, number>
}

/** Fills the overlay with what was asked for along with the lock. */
async function loadFirst(
  batch: Batch,
  tenant: string,
  requests: readonly Request[],
  needs: BatchNeeds,
  overlay: Overlay,
): Promise<Known> {
  const facts = await batch.load(tenant, needs)
  overlay.fill(needs, facts)
  const known = new Map<string, StoredVerdict>()
  retriesOf(requests).forEach(({ text }, i) => {
    const stored = facts.verdicts[i]
    if (stored) known.set(text, stored)
  })
  return {
    known,
    last: new Map(needs.clients.map((client, i) => [clientText(client), facts.clients[i] ?? 0])),
  }
}

function clientText({ by, client }: Client): string {
  return JSON.stringify([by, client])
}

type Judged =
  | { readonly status: 'judged'; readonly verdict: Verdict; readonly ids: readonly string[] }
  | { readonly status: 'failed'; readonly error: unknown }

async function judgeOne(
  bench: Bench,
  batch: Batch,
  tenant: string,
  request: Request,
  overlay: Overlay,
  entries: Entry[],
  base: number,
): Promise<Judged> {
  const { unfit, broken, ids } = request
  if (broken) return { status: 'failed', error: broken.error }
  const refused = (problems: Verdict['problems']): Judged => ({
    status: 'judged',
    verdict: { status: 'rejected', problems },
    ids,
  })
  if (unfit.length) return refused(unfit)
  const draft = overlay.draft()
  const unwritable = request.unfitTexts.filter(({ path: [i] }) => lives(bench, draft, request, Number(i)))
  if (unwritable.length) return refused(unwritable)
  const judging = judgingOf(bench, tenant, request, draft)
  let step = advance(judging)
  while (step.kind === 'needs') {
    const needs = distinctNeeds([step.needs])
    overlay.fill(needs, await batch.load(tenant, { ...needs, verdicts: [], clients: [] }))
    step = advance(judging)
  }
  if (step.kind === 'failed') return { status: 'failed', error: step.error }
  const { judgement } = step
  if (judgement.kind === 'refused') return refused(judgement.problems)
  const { written, superseded } = judgement
  draft.accept(written.map(({ change }) => change))
  written.forEach(({ change, before }, i) => {
    // So that no stamp of this gateway's repeats one that came from elsewhere.
    bench.clock.observe(change.id)
    entries.push({ seq: base + entries.length + 1, change, before, last: i === written.length - 1 })
  })
  const verdict: Verdict = {
    status: 'applied',
    problems: [],
    ...(superseded.length ? { superseded } : {}),
  }
  return { status: 'judged', verdict, ids: judgement.ids }
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

function judgingOf(
  { catalog, schema, clock }: Bench,
  tenant: string,
  { scope, work, base, retry }: Request,
  draft: Draft,
): Generator<Needs, Judgement, void> {
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
function told(
  bench: Bench,
  { now }: Batch,
  tenant: string,
  { text, body, numbered }: Retry,
  known: ReadonlyMap<string, StoredVerdict>,
): PushAnswer | null {
  const stored = known.get(text)
  if (!stored) return null
  const { verdict, ids, seq, bodyHash } = stored
  const at = position(bench, tenant, seq)
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
function outOfTurn(
  bench: Bench,
  { now: time }: Batch,
  tenant: string,
  request: Request,
  last: ReadonlyMap<string, number>,
  head: Head,
): PushAnswer | null {
  const { retry, base } = request
  if (!retry?.numbered) {
    const wrong = wrongBase(base, bench.log, head.seq)
    return wrong === null
      ? null
      : unkept(problem('BAD_CURSOR', ['base'], wrong), position(bench, tenant, head.seq))
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
  return request.unfit.length ? null : deferral(request, { log: bench.log, head, now: time })
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
    stamps: [...new Set(all.flatMap(needs => needs.stamps))],
  }
}

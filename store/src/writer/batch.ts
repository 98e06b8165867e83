import { type Facts, NO_NEEDS } from '@zg/core/act/needs'
import { addressKey, createOverlay, type Overlay } from '@zg/core/act/overlay'
import type { Hlc } from '@zg/core/change/clock'
import type {
  Batch,
  BatchNeeds,
  Entry,
  Head,
  LogChunk,
  StoredVerdict,
  TextAddress,
  Writes,
} from '@zg/core/ports/storage'
import type { PushAnswer } from '@zg/core/ports/writer'
import { openAuthors } from './authors.ts'
import type { Bench } from './bench.ts'
import { judgeOne } from './judging.ts'
import type { Prepared } from './prepared.ts'
import { clientText, type Request, retriesOf } from './request.ts'
import { outOfTurn, position, told } from './retry.ts'

/** So many stretches of entries are saved together: the database writes them while the next ones are judged. */
const PART = 2

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
  const authors = openAuthors(bench.catalog, batch, tenant, requests)
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
  let stretch = 0
  for (const request of requests) {
    if (!batch.whole && entries.length - saved.entries >= PART * bench.stretch()) await save({})
    if (stretch >= bench.stretch()) {
      await bench.breathe()
      stretch = 0
    }
    stretch++
    const { retry } = request
    const at = head.seq + entries.length
    const early =
      (retry && told(bench.log, batch, tenant, retry, known)) ??
      outOfTurn(bench.log, batch, tenant, request, last, { ...head, seq: at })
    if (early) {
      answers.push(early)
      continue
    }
    const judging = judgeOne({ bench, tenant, authors }, request, overlay, needs => batch.load(tenant, needs))
    const judged = judging instanceof Promise ? await judging : judging
    if (judged.kind === 'failed') {
      answers.push(judged)
      continue
    }
    const { verdict, ids, written } = judged
    stretch += Math.max(0, written.length - 1)
    written.forEach(({ change, before }, i) => {
      entries.push({ seq: head.seq + entries.length + 1, change, before, last: i === written.length - 1 })
    })
    const seq = head.seq + entries.length
    answers.push({ kind: 'verdict', outcome: { verdict, ids, position: position(bench.log, tenant, seq) } })
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

/** Whatever is asked for, nothing is there. */
const NO_FACTS: Facts = { instances: [], inbound: [], claims: [], stamps: [] }

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
  overlay.fill({ ...NO_NEEDS, instances: needs.fresh }, NO_FACTS)
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

function textsOf(entries: readonly Entry[]): readonly TextAddress[] {
  return entries.flatMap(({ change: { entity, key, ops } }) =>
    ops.flatMap(op => (op.kind === 'text' ? [{ entity, key, field: op.field }] : [])),
  )
}

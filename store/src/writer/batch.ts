import { bodyHash } from '@zg/core/act/body'
import { judge } from '@zg/core/act/judge'
import type { Needs } from '@zg/core/act/needs'
import { createOverlay, type Overlay } from '@zg/core/act/overlay'
import { prefetch } from '@zg/core/act/prefetch'
import type { Clock } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Batch, Entry, StoredVerdict, VerdictKey, Writes } from '@zg/core/ports/storage'
import type { Mutation, Outcome, Verdict } from '@zg/core/ports/writer'
import { problem } from '@zg/core/problem'
import type { Pending } from './queue.ts'

/** What judging needs, the same for every batch. */
export interface Bench {
  readonly catalog: Catalog
  /** Hash of the IR. */
  readonly schema: string
  readonly clock: Clock
  /** Id of the log. */
  readonly log: string
  now(): number
}

/** One outcome per mutation, and the tenant's new head. */
export interface TenantResult {
  readonly outcomes: readonly Outcome[]
  readonly seq: number
}

/**
 * Judges one tenant's mutations in order under its lock, each seeing its predecessors, and saves what they leave.
 * Outcomes hold only once the batch has committed.
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
  const keys = waiting.map(({ mutation }) => verdictKey(mutation))
  const known = await loadFirst(bench, batch, tenant, waiting, keys, overlay)

  const entries: Entry[] = []
  const verdicts: Writes['verdicts'][number][] = []
  const outcomes: Outcome[] = []
  for (const [i, { mutation }] of waiting.entries()) {
    const key = keys[i] ?? null
    const text = key && JSON.stringify(key)
    const body = key && bodyHash(mutation.acts)
    const stored = text ? known.get(text) : undefined
    if (stored) {
      outcomes.push(retried(bench, tenant, stored, body))
      continue
    }
    const verdict = await judgeOne(bench, batch, tenant, mutation, key, overlay, entries, head.seq)
    const at = head.seq + entries.length
    const ids = mutation.acts.map(act => act.id)
    outcomes.push({ verdict, ids, position: position(bench, tenant, at) })
    if (key && text && body) {
      const fresh: StoredVerdict = { bodyHash: body, verdict, ids, seq: at }
      known.set(text, fresh)
      verdicts.push({ ...key, ...fresh, at: bench.now() })
    }
  }

  const seq = head.seq + entries.length
  if (entries.length || verdicts.length) {
    const lastSeqs = new Map(entries.map(entry => [`${entry.change.entity}/${entry.change.key}`, entry.seq]))
    await batch.save(tenant, {
      head: { seq, hlc: entries.at(-1)?.change.id ?? head.hlc },
      entries,
      instances: [...overlay.changed].map(([key, staged]) => ({ ...staged, seq: lastSeqs.get(key) ?? seq })),
      claims: [...overlay.claimed.values()],
      verdicts,
    })
  }
  return { outcomes, seq }
}

/** One load for all that the whole batch is known to need, verdicts of retries included. */
async function loadFirst(
  { catalog }: Bench,
  batch: Batch,
  tenant: string,
  waiting: readonly Pending[],
  keys: readonly (VerdictKey | null)[],
  overlay: Overlay,
): Promise<Map<string, StoredVerdict>> {
  const verdicts = keys.filter(key => key !== null)
  const needs = distinctNeeds(waiting.map(({ mutation }) => prefetch(catalog, mutation.acts)))
  const facts = await batch.load(tenant, { ...needs, verdicts })
  overlay.fill(needs, facts)
  const known = new Map<string, StoredVerdict>()
  verdicts.forEach((key, i) => {
    const stored = facts.verdicts[i]
    if (stored) known.set(JSON.stringify(key), stored)
  })
  return known
}

async function judgeOne(
  { catalog, schema, clock }: Bench,
  batch: Batch,
  tenant: string,
  mutation: Mutation,
  key: VerdictKey | null,
  overlay: Overlay,
  entries: Entry[],
  base: number,
): Promise<Verdict> {
  const draft = overlay.draft()
  // Without a mutation id a request is a client of its own, named by a stamp that nobody else has.
  const client = key?.client ?? clock.stamp()
  const by = mutation.scope.principal.id
  const stamp = (above: Iterable<string>) => clock.stamp(above)
  const judging = judge(catalog, mutation.acts, draft, { tenant, schema, by, client, n: 0, base: null, stamp })
  let step = judging.next()
  while (!step.done) {
    const needs = distinctNeeds([step.value])
    overlay.fill(needs, await batch.load(tenant, { ...needs, verdicts: [] }))
    step = judging.next()
  }
  const judgement = step.value
  if (judgement.kind === 'refused') return { status: 'rejected', problems: judgement.problems }
  draft.accept()
  judgement.written.forEach(({ change, before }, i) => {
    const last = i === judgement.written.length - 1
    entries.push({ seq: base + entries.length + 1, change, before, last })
  })
  return { status: 'applied', problems: [] }
}

/** A retry is answered as it was the first time; another body under the same id is refused. */
function retried(bench: Bench, tenant: string, stored: StoredVerdict, body: string | null): Outcome {
  const { verdict, ids, seq } = stored
  if (stored.bodyHash === body) return { verdict, ids, position: position(bench, tenant, seq) }
  const message = 'This mutation id was used for another mutation; every mutation needs an id of its own'
  const problems = [problem('ID_REUSED', ['mutationId'], message)]
  return { verdict: { status: 'rejected', problems }, ids: [], position: position(bench, tenant, seq) }
}

function verdictKey({ scope, mutationId }: Mutation): VerdictKey | null {
  return mutationId === undefined ? null : { by: scope.principal.id, client: `id:${mutationId}`, n: 0 }
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
    instances: distinct(all.flatMap(needs => needs.instances), address),
    inbound: distinct(all.flatMap(needs => needs.inbound), address),
    claims: distinct(all.flatMap(needs => needs.claims), ({ index, value }) => `${index}/${value}`),
  }
}

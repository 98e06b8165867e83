import type { Catalog } from '@zg/core/ir/catalog'
import type { Loaded, ResetReason, Shape } from '@zg/core/ports/feed'
import type { Storage, View } from '@zg/core/ports/storage'
import type { predicate } from '@zg/core/query/evaluate'
import { SnapshotExpired } from '../session.ts'
import { touchOf } from './across.ts'
import { begin } from './begin.ts'
import type { Exchange, News } from './exchange.ts'
import { interestOf } from './interest.ts'
import { type Part, partOf } from './parts.ts'
import { pageOf, partsAfter, type Step, stepTo } from './step.ts'
import type { Tail } from './tail.ts'

export interface WalkOptions {
  readonly catalog: Catalog
  readonly tail: Tail
  readonly exchange: Exchange
  readonly storage: Pick<Storage, 'log' | 'images' | 'view'>
  readonly limits: FeedLimits
  /** Makes the test of a shape: who wants to know how often it is asked passes one that counts. */
  readonly compile?: typeof predicate
}

export interface FeedLimits {
  /** Rows that enter at most with one batch by being loaded: 500, or 2 MB. */
  readonly page?: number
  /** Ids that a shape across relations may hold: 10,000. */
  readonly cap?: number
  /** Entries that are looked through to resume such a shape, and read at once to follow it: 10,000. */
  readonly gap?: number
}

/** Where a walk begins. */
export interface Start {
  readonly tenant: string
  readonly shapes: readonly Shape[]
  /** One per shape. */
  readonly loaded: readonly Loaded[]
  /** Edges of the rows are followed, too. */
  readonly edges: boolean
  /** Null: at the head, whatever it is. */
  readonly seq: number | null
  readonly signal: AbortSignal
  /** Told where it begins, once. */
  began?(at: number): void
  /** How far the next step may go; null, or behind: as far as there is. Ends of mutations only. */
  until?(): number | null
}

export type Walked<T> =
  | { readonly kind: 'told'; readonly told: T; readonly at: number; readonly parts: readonly Part[] }
  | { readonly kind: 'reset'; readonly reason: ResetReason; readonly at: number }

/**
 * Steps through the log with a set of shapes, loading those that are not whole on the way. A step that loads, or that a
 * shape across relations must look at, is made in one snapshot and ends at its head, where the database itself says what
 * the shape holds. Any other is a chunk of the log as all share it. `tell` is called once per step.
 */
export async function* walk<T>(
  options: WalkOptions,
  { tenant, shapes, loaded, edges, seq, signal, began, until }: Start,
  tell: (step: Step) => Promise<T>,
): AsyncGenerator<Walked<T>> {
  const { catalog, tail, exchange, storage, limits, compile } = options
  const { page = 500, cap = 10_000, gap = 10_000 } = limits
  const fresh = shapes.map((shape, i) => partOf(catalog, shape, loaded[i] ?? { kind: 'nothing' }, compile))
  const begun = fresh.some(({ across }) => across)
    ? await storage.view(tenant, view => begin(catalog, fresh, { seq, view, cap, gap }))
    : ({ kind: 'begun', parts: fresh, at: seq ?? (await tail.head(tenant)) } as const)
  if (begun.kind === 'reset') {
    yield begun
    return
  }
  let { parts, at } = begun
  began?.(at)
  const anytime = readsOf(storage, tenant)
  const interest = interestOf(catalog, shapes, edges)

  const told = async (step: Step): Promise<Walked<T>> => ({
    kind: 'told',
    told: await tell(step),
    at: step.at,
    parts: step.after,
  })
  /** In a snapshot: up to its head, where the next page is loaded. Far behind, a piece of the way there. */
  const toHead = async (view: View): Promise<Walked<T>> => {
    const read = view.head > at ? await view.read(at, gap) : null
    const chunk = read?.entries.length ? read : null
    const end = chunk?.seq ?? at
    const there = end >= view.head
    if (!there && chunk && parts.some(part => part.across && touchOf(catalog, part.across.reads, chunk)))
      return { kind: 'reset', reason: 'GAP', at: view.head }
    const next = there ? await pageOf(parts, view, { rows: page, bytes: PAGE_BYTES }) : null
    const after = await partsAfter(catalog, parts, { chunk, page: next, view, cap })
    if (after === null) return { kind: 'reset', reason: 'TOO_LARGE', at: view.head }
    return told(
      await stepTo(catalog, {
        before: parts,
        after,
        chunk,
        ids: next?.ids ?? [],
        narrow: !edges,
        at: end,
        view,
      }),
    )
  }

  const news = async (): Promise<News | null> => {
    const bound = until?.() ?? at
    if (bound <= at) return exchange.next(tenant, at, interest, signal)
    // So many entries and no more: seqs have no gaps, and the bound is the end of a mutation.
    const chunk = await storage.view(tenant, view => view.read(at, Math.min(bound - at, PIECE)))
    return { chunk, at: chunk.seq }
  }

  /** Null: nothing is to come any more. */
  const onward = async (): Promise<Walked<T> | null> => {
    if (parts.some(({ loaded: far }) => far.kind !== 'whole')) return storage.view(tenant, toHead)
    const next = await news()
    if (!next || signal.aborted) return null
    const { chunk } = next
    if (chunk && parts.some(part => part.across && touchOf(catalog, part.across.reads, chunk)))
      return storage.view(tenant, toHead)
    const narrow = !edges
    const step = { before: parts, after: parts, chunk, ids: [], narrow, at: next.at, view: anytime }
    return told(await stepTo(catalog, step))
  }

  let holds = loaded.some(({ kind }) => kind !== 'nothing')
  while (!signal.aborted && !tail.closed) {
    let walked: Walked<T> | null
    try {
      walked = await onward()
    } catch (error) {
      // What the rows were like takes too long to find out; what they are like now does not. Who holds nothing has asked for that.
      if (!(error instanceof SnapshotExpired) || !holds) throw error
      walked = { kind: 'reset', reason: 'TOO_LARGE', at }
    }
    if (!walked || signal.aborted) return
    yield walked
    if (walked.kind === 'reset') return
    holds = true
    at = walked.at
    parts = walked.parts
  }
}

/** What is loaded at once, however many rows may be: a batch is held whole by this process and by whoever reads it. */
const PAGE_BYTES = 2 * 1_024 * 1_024

/** Entries read at once up to a bound. */
const PIECE = 1_000

/** Reads that say at which position: each may be in a snapshot of its own. What is asked about nothing costs nothing. */
function readsOf(storage: Pick<Storage, 'images' | 'view'>, tenant: string): Step['view'] {
  return {
    instances: async (addresses, at) => (addresses.length ? storage.images(tenant, addresses, at) : []),
    edges: async (relation, end, ids, at) =>
      ids.length ? storage.view(tenant, view => view.edges(relation, end, ids, at)) : [],
    texts: async requests => (requests.length ? storage.view(tenant, view => view.texts(requests)) : []),
  }
}

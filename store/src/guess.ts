import type { Batch, BatchNeeds, Head } from '@zg/core/ports/storage'
import { openBatch } from './batch.ts'
import { type Asked, type LoadedFacts, loadFacts } from './load.ts'
import type { TenantWrites } from './save/send.ts'
import { uuidOf, wholeBatch } from './save/whole.ts'
import { behind, type Sent } from './sent.ts'
import { CLOCK, type Database, isRefusal, type Session, sqlState } from './session.ts'
import type { Layout } from './tables/layout.ts'

export interface GuessParts {
  readonly database: Pick<Database, 'query' | 'line'>
  readonly layout: Layout
  /** The heads as they are believed to be. */
  readonly heads: ReadonlyMap<string, Head>
  /** As `Batch.now`, about. */
  readonly now: number
  readonly first: readonly Asked<BatchNeeds>[]
  /** The batch, still on its way, that leaves the heads so; null: they are believed to be so already. */
  readonly before: Sent | null
  readonly onSent: (sent: Sent) => void
}

export type Guessed<T> =
  | {
      readonly kind: 'committed'
      readonly value: T
      readonly heads: ReadonlyMap<string, Head>
      readonly now: number
    }
  /** Another gateway has written there since, or is about to. Nothing was written. */
  | { readonly kind: 'wrong' }
  /** It must be done under the lock. Nothing was written. */
  | { readonly kind: 'unfit' }

/**
 * A batch without the lock: it is judged on heads that are guessed, and written by one statement, a transaction of its own,
 * which fails unless the heads are still so and can be locked at once. Whatever else of a tenant is read meanwhile is then as
 * it was at that head, for nothing of a tenant changes without its head. See docs/decisions/322.
 */
export async function guessedBatch<T>(
  { database, layout, heads, now, first, before, onSent }: GuessParts,
  work: (batch: Batch) => Promise<T>,
): Promise<Guessed<T>> {
  const put: TenantWrites[] = []
  const load = (asked: readonly Asked<BatchNeeds>[]) => loadBehind(database, layout, asked, before)
  const found = load(first)
  found.catch(() => {})
  const { batch, end } = openBatch({
    session: before ? afterwards(database, before) : database,
    load,
    heads,
    now,
    first,
    found,
    part: null,
    put: async writes => void put.push(...writes),
  })
  try {
    const value = await work(batch)
    const moved = await end()
    if (moved.size === 0) {
      // Even a refusal must be true of one state, and name its place in the log.
      await before?.ended
      const clock = await clockIfStill(database, heads)
      return clock === null ? { kind: 'wrong' } : { kind: 'committed', value, heads, now: clock }
    }
    const statement = wholeBatch(layout, heads, moved, put)
    if (!statement) return { kind: 'unfit' }
    const line = before?.line ?? database.line()
    const answer = line.commit<{ now: number }>(statement.text, statement.values)
    const ended = answer.then(
      () => {},
      () => {},
    )
    onSent({ line, heads: moved, writes: put, ended })
    const [row] = await answer
    return { kind: 'committed', value, heads: new Map([...heads, ...moved]), now: row?.now ?? now }
  } catch (error) {
    if (!isRefusal(error)) throw error
    // A refusal for another reason is found again, and weighed, under the lock.
    return { kind: sqlState(error) === DIVISION_BY_ZERO ? 'wrong' : 'unfit' }
  }
}

/** As things are behind the batch that is on its way. */
async function loadBehind(
  session: Session,
  layout: Layout,
  asked: readonly Asked<BatchNeeds>[],
  before: Sent | null,
): Promise<readonly LoadedFacts[]> {
  if (!before) return loadFacts(session, layout, asked)
  // What is on its way cannot be asked for these.
  if (asked.some(({ needs }) => needs.inbound.length + needs.stamps.length > 0)) await before.ended
  const loaded = await loadFacts(session, layout, asked)
  return loaded.map((one, i) => {
    const { tenant, needs } = asked[i] ?? {}
    return tenant === undefined || !needs ? one : behind(before, tenant, needs, one)
  })
}

function afterwards({ query }: Session, { ended }: Sent): Session {
  return { query: (text, values) => ended.then(() => query<never>(text, values)) }
}

/** The database's clock; null if the heads have moved. */
async function clockIfStill(
  database: Pick<Database, 'query'>,
  heads: ReadonlyMap<string, Head>,
): Promise<number | null> {
  const rows = await database.query<{ tenant: string; seq: string; hlc: string | null; now: number }>(
    `select tenant, seq, hlc, ${CLOCK} as now from zg.head where tenant = any($1::text[])`,
    [[...heads.keys()]],
  )
  // The batch ahead may have come to nothing, and another one have moved the head as far.
  const same = rows.filter(({ tenant, seq, hlc }) => {
    const head = heads.get(tenant)
    return head?.seq === Number(seq) && uuidOf(head) === hlc
  })
  return same.length === heads.size ? (rows[0]?.now ?? null) : null
}

const DIVISION_BY_ZERO = '22012'

import { hlcToUuid } from '@zg/core/change/clock'
import { visible } from '@zg/core/change/merge'
import type { Batch, BatchNeeds, Head } from '@zg/core/ports/storage'
import { openBatch } from './batch.ts'
import { type Asked, addressText, type LoadedFacts, loadFacts } from './load.ts'
import { plainArray } from './parameter.ts'
import { saveClaims } from './save/claims.ts'
import { saveEntries } from './save/log.ts'
import { saveRows, shownRows } from './save/rows.ts'
import { byTable, type Send, type TenantWrites } from './save/send.ts'
import { expireVerdicts, saveVerdicts } from './save/verdicts.ts'
import { behind, type Sent } from './sent.ts'
import { CLOCK, type Database, isRefusal, type Session, type SqlValue, sqlState } from './session.ts'
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
    const statement = oneStatement(layout, heads, moved, put)
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

interface Statement {
  readonly text: string
  readonly values: readonly SqlValue[]
}

/**
 * Null where one statement will not do: its parts all see what was there before any of them, so only rows are written
 * that come or change, and never the same one twice.
 */
function oneStatement(
  layout: Layout,
  heads: ReadonlyMap<string, Head>,
  moved: ReadonlyMap<string, Head>,
  all: readonly TenantWrites[],
): Statement | null {
  if (all.length !== heads.size || moved.size !== heads.size || !all.every(one => isPlain(layout, one)))
    return null
  const parts: Statement[] = []
  const send: Send = (text, values) => void parts.push({ text, values })
  const tenants = all.map(({ tenant }) => tenant)
  const rows = all.flatMap(({ writes, places }, i) => shownRows(layout, writes, places, i + 1))
  saveEntries(send, tenants, all)
  for (const [table, list] of byTable(layout.entities, rows)) saveRows(send, table, tenants, list)
  for (const { tenant, writes } of all) {
    saveClaims(send, tenant, writes.claims)
    saveVerdicts(send, tenant, writes.verdicts)
    if (writes.expire) expireVerdicts(send, tenant, writes.expire)
  }
  return joined(headsOf(tenants.map(tenant => [tenant, heads.get(tenant), moved.get(tenant)])), parts)
}

/** Rows that are to be seen, and were not waiting unseen; no texts, no deaths, no edges. */
function isPlain(layout: Layout, { writes, places }: TenantWrites): boolean {
  if (writes.folds?.length) return false
  const seen = writes.instances.every(one => {
    const place = places.get(addressText(one))
    return (
      layout.entities.has(one.entity) && visible(one.instance) && (place === 'shown' || place === 'nowhere')
    )
  })
  return seen && !writes.entries.some(({ change: { ops } }) => ops.some(({ kind }) => kind === 'text'))
}

/** `count`: SQL for how many there are. */
interface Heads extends Statement {
  readonly count: string
}

/** `held` and `moved`: the heads, locked if they are as believed, and moved on. */
function headsOf(all: readonly (readonly [string, Head | undefined, Head | undefined])[]): Heads {
  const [only] = all
  if (only && all.length === 1) return headOf(...only)
  const seqs = (heads: readonly (Head | undefined)[]) => plainArray(heads.map(head => head?.seq ?? 0))
  const hlcs = (heads: readonly (Head | undefined)[]) => plainArray(heads.map(head => uuidOf(head) ?? 'NULL'))
  const [before, after] = [all.map(([, head]) => head), all.map(([, , head]) => head)]
  return {
    count: 'cardinality($1::text[])',
    text: `held as (
      select h.tenant, u.next, u.stamp
      from unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[]) as u(tenant, seq, hlc, next, stamp)
      join zg.head h on h.tenant = u.tenant and h.seq = u.seq and h.hlc is not distinct from u.hlc
      order by h.tenant for update of h skip locked
    ), moved as (
      update zg.head h set seq = held.next, hlc = held.stamp from held where h.tenant = held.tenant
    )`,
    values: [all.map(([tenant]) => tenant), seqs(before), hlcs(before), seqs(after), hlcs(after)],
  }
}

function headOf(tenant: string, before: Head | undefined, after: Head | undefined): Heads {
  return {
    count: '1',
    text: `held as (
      select tenant from zg.head
      where tenant = $1 and seq = $2::text::bigint and hlc is not distinct from $3::text::uuid
      for update skip locked
    ), moved as (
      update zg.head set seq = $4::text::bigint, hlc = $5::text::uuid where tenant in (select tenant from held)
    )`,
    values: [tenant, String(before?.seq ?? 0), uuidOf(before), String(after?.seq ?? 0), uuidOf(after)],
  }
}

function uuidOf(head: Head | undefined): string | null {
  return head?.hlc ? hlcToUuid(head.hlc) : null
}

/**
 * Joined texts by their parts. A server keeps the plan of each, so there are so many and no more; what batches else touch at
 * once is written under the lock, by statements that are as many as there are tables.
 */
const known = new Map<string, string>()
const MOST_KNOWN = 256

/** Its main query comes first, and fails unless all heads are held: then nothing else is done, or what was done is undone. */
function joined(heads: Heads, parts: readonly Statement[]): Statement | null {
  const values = [heads, ...parts].flatMap(part => part.values)
  const key = [heads, ...parts].map(part => part.text).join('\0')
  const same = known.get(key)
  if (same !== undefined) return { text: same, values }
  if (known.size === MOST_KNOWN) return null
  let offset = heads.values.length
  const others = parts.map((part, i) => {
    const text = part.text.replace(/\$(\d+)/g, (_, n) => `$${Number(n) + offset}`)
    offset += part.values.length
    return `, part${i} as (${text})`
  })
  const text = `with ${heads.text}${others.join('')}
    select 1 / (count(*) = ${heads.count})::int, ${CLOCK} as now from held`
  known.set(key, text)
  return { text, values }
}

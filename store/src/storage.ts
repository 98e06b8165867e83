import { uuidToHlc } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import {
  type Batch,
  type BatchNeeds,
  type BatchOptions,
  type Head,
  StatementRefused,
  type Storage,
} from '@zg/core/ports/storage'
import { openBatch } from './batch.ts'
import { createBeliefs } from './beliefs.ts'
import { readEntries } from './chunk.ts'
import { guessedBatch } from './guess.ts'
import { readImages } from './images.ts'
import { type Asked, loadFacts } from './load.ts'
import { saveHeads } from './save/heads.ts'
import type { TenantWrites } from './save/send.ts'
import { saveWrites } from './save.ts'
import type { Sent } from './sent.ts'
import { blameOf, CLOCK, type Database, isRefusal, type Session } from './session.ts'
import { createStatements } from './statements.ts'
import { layout } from './tables/layout.ts'
import { loadTexts, loadUnfolded } from './text/load.ts'
import { sqlView } from './view.ts'

/** So many entries are sent at once: the database writes them while the next ones are judged. */
const PART = 64
/** Of the writers' four connections: one more waits for locks, and one is for whatever is no batch. */
const POSTGRES_LANES = 2

/**
 * The storage port in SQL, on a database that `migrate` has made ready. `close` leaves the database open: it was
 * given, and readers may still use it.
 */
export async function sqlStorage(database: Database, { model }: Catalog): Promise<Storage> {
  const tables = layout(model)
  const compiled = { tables, statements: createStatements(tables) }
  const [meta] = await database.query<{ log: string }>('select log from zg.meta')
  if (!meta) throw new Error('The database has no log; run migrate first')
  const { log } = meta
  /** Tenants that have a head row. Forgotten when there are too many, or when one turns out to be missing. */
  const known = new Set<string>()
  const beliefs = createBeliefs(() => performance.now())
  /** By tenant, the last batch that is on its way. */
  const underway = new Map<string, Sent>()
  let closed = false

  /** Null: under the lock, then. */
  const guessed = async <T>(
    tenants: readonly string[],
    first: readonly Asked<BatchNeeds>[],
    work: (batch: Batch) => Promise<T>,
    onSent?: () => void,
  ): Promise<{ readonly value: T } | null> => {
    const [before = null, other] = new Set(tenants.flatMap(tenant => underway.get(tenant) ?? []))
    const resting = tenants.filter(tenant => !underway.has(tenant))
    const believed = beliefs.heads(resting)
    const now = beliefs.now()
    // Two lines cannot be waited for in one.
    if (other || !believed || now === null) return null
    const leaves = tenants.flatMap(tenant => {
      const head = underway.get(tenant)?.heads.get(tenant)
      return head ? [[tenant, head] as const] : []
    })
    // Until it is known what came of it.
    beliefs.forget(tenants)
    let mine: Sent | undefined
    const note = (sent: Sent): void => {
      mine = sent
      for (const tenant of tenants) underway.set(tenant, sent)
      onSent?.()
    }
    const parts = { database, layout: tables, now, first, before, onSent: note }
    try {
      const heads = new Map([...believed, ...leaves])
      const done = await guessedBatch({ ...parts, heads }, work)
      if (done.kind === 'wrong') beliefs.doubt(tenants)
      if (done.kind !== 'committed') return null
      const last = [...done.heads].filter(([tenant]) => [undefined, mine].includes(underway.get(tenant)))
      beliefs.learn(new Map(last), done.now)
      return done
    } finally {
      for (const tenant of tenants) if (mine && underway.get(tenant) === mine) underway.delete(tenant)
    }
  }

  const locked = <T>(
    tenants: readonly string[],
    wait: boolean,
    first: readonly Asked<BatchNeeds>[],
    work: (batch: Batch) => Promise<T>,
  ): Promise<{ readonly value: T; readonly heads: ReadonlyMap<string, Head>; readonly now: number }> =>
    database.transaction('write', async session => {
      const locking = lockHeads(session, tenants, wait)
      // Sent behind the lock, so it is read when the lock is held. If it fails, so does who asks for it.
      const found = first.length ? loadFacts(session, tables, first) : Promise.resolve([])
      found.catch(() => {})
      const { heads, now } = await locking
      if (wait) for (const tenant of tenants) if (!heads.has(tenant)) known.delete(tenant)
      const put = (writes: readonly TenantWrites[]) => saveWrites(session, tables, writes)
      const load = (asked: readonly Asked<BatchNeeds>[]) => loadFacts(session, tables, asked)
      const { batch, end } = openBatch({ session, load, heads, now, first, found, part: PART, put })
      const value = await work(batch)
      const moved = await end()
      saveHeads((text, values) => void session.query(text, values), moved)
      return { value, heads: new Map([...heads, ...moved]), now }
    })

  const ensureHeads = async (tenants: readonly string[]) => {
    const fresh = tenants.filter(tenant => !known.has(tenant))
    if (!fresh.length) return
    await database.query(
      'insert into zg.head (tenant, seq) select t, 0 from unnest($1::text[]) as t on conflict do nothing',
      [fresh],
    )
    if (known.size > 10_000) known.clear()
    for (const tenant of fresh) known.add(tenant)
  }

  return {
    log,
    lanes: database.kind === 'postgres' ? POSTGRES_LANES : 1,
    async batch(tenants, { wait, needs, brief = false, onSent, behind }: BatchOptions, work) {
      if (closed) throw new Error('The storage is closed')
      const first = [...(needs ?? [])].map(([tenant, asked]) => ({ tenant, needs: asked }))
      try {
        await ensureHeads(tenants)
        const quick = brief && !wait ? await guessed(tenants, first, work, onSent) : null
        if (quick) {
          // It stands on the one before, which has ended well, too: only who waits for that one goes first.
          await behind?.catch(() => {})
          return quick.value
        }
        await behind
        const { value, heads, now } = await locked(tenants, wait, first, work)
        beliefs.learn(heads, now)
        return value
      } catch (error) {
        beliefs.forget(tenants)
        await behind?.catch(() => {})
        throw isRefusal(error) ? new StatementRefused(error, blameOf(error)) : error
      }
    },
    async heads(tenants) {
      const rows = await database.query<HeadRow>(
        'select tenant, seq, hlc from zg.head where tenant = any($1::text[])',
        [tenants],
      )
      const found = headMap(rows)
      return new Map(tenants.map(tenant => [tenant, found.get(tenant) ?? { seq: 0, hlc: null }]))
    },
    async texts(tenant, requests) {
      return database.transaction('snapshot', session => loadTexts(session, tenant, requests))
    },
    unfolded: () => loadUnfolded(database),
    async entries(tenant, after, limit) {
      if (closed) throw new Error('The storage is closed')
      return readEntries({ query: database.read }, tenant, after, limit)
    },
    async images(tenant, addresses, at) {
      if (closed) throw new Error('The storage is closed')
      return database.transaction('snapshot', session => readImages(session, tables, tenant, addresses, at))
    },
    async view(tenant, work) {
      if (closed) throw new Error('The storage is closed')
      return database.transaction('snapshot', async session => work(await sqlView(session, compiled, tenant)))
    },
    async close() {
      closed = true
    },
  }
}

type HeadRow = { tenant: string; seq: string; hlc: string | null }

/** Always in the order of tenants, so that two batches never wait for each other in a circle. */
async function lockHeads(
  session: Session,
  tenants: readonly string[],
  wait: boolean,
): Promise<{ readonly heads: ReadonlyMap<string, Head>; readonly now: number }> {
  const rows = await session.query<HeadRow & { now: number }>(
    `select tenant, seq, hlc, ${CLOCK} as now
    from zg.head where tenant = any($1::text[]) order by tenant for update${wait ? '' : ' skip locked'}`,
    [tenants],
  )
  return { heads: headMap(rows), now: rows[0]?.now ?? 0 }
}

function headMap(rows: readonly HeadRow[]): ReadonlyMap<string, Head> {
  return new Map(
    rows.map(({ tenant, seq, hlc }) => [
      tenant,
      { seq: Number(seq), hlc: hlc === null ? null : uuidToHlc(hlc) },
    ]),
  )
}

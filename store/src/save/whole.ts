import { hlcToUuid } from '@zg/core/change/clock'
import { visible } from '@zg/core/change/merge'
import type { Head } from '@zg/core/ports/storage'
import { addressText } from '../load.ts'
import { plainArray } from '../parameter.ts'
import { CLOCK, type SqlValue } from '../session.ts'
import type { Layout } from '../tables/layout.ts'
import { saveClaims } from './claims.ts'
import { saveEntries } from './log.ts'
import { saveRows, shownRows } from './rows.ts'
import { byTable, type Send, type TenantWrites } from './send.ts'
import { expireVerdicts, saveVerdicts } from './verdicts.ts'

/** One statement, to be sent as it is. */
export interface Statement {
  readonly text: string
  readonly values: readonly SqlValue[]
}

/**
 * Null where one statement will not do: its parts all see what was there before any of them, so only rows are written
 * that come or change, and never the same one twice.
 */
export function wholeBatch(
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

/** Its stamp as Postgres prints it. */
export function uuidOf(head: Head | undefined): string | null {
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

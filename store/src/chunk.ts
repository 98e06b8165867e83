import type { Address } from '@zg/core/act/needs'
import type { Change } from '@zg/core/change/change'
import type { Instance } from '@zg/core/change/instance'
import { undo } from '@zg/core/change/merge'
import type { Json } from '@zg/core/json'
import type { Before, Entry, LogChunk } from '@zg/core/ports/storage'
import { addressText, loadInstances } from './load.ts'
import type { Session } from './session.ts'
import type { Layout } from './tables/layout.ts'

/** A piece of the log with the images at its end; `session` must be a snapshot. */
export async function readChunk(
  session: Session,
  layout: Layout,
  tenant: string,
  after: number,
  limit: number,
): Promise<LogChunk> {
  const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
  const head = Number(heads[0]?.seq ?? 0)
  const entries = head > after ? await readEntries(session, tenant, after, limit) : []
  const seq = entries.at(-1)?.seq ?? after
  const touched = new Map(
    entries.map(({ change }) => [addressText(change), { entity: change.entity, key: change.key }]),
  )
  const addresses = [...touched.values()]
  const current = await loadInstances(session, layout, tenant, addresses)
  const images = new Map<string, Instance>()
  addresses.forEach((address, i) => {
    const instance = current[i]
    if (instance) images.set(addressText(address), instance)
  })
  if (seq < head) await undoAfter(session, tenant, seq, addresses, images)
  return { entries, seq, head, images }
}

type LogRow = { seq: string; change: Json; before: Json; last: boolean }

/**
 * Not much more is read at once, however large the changes are: a gateway keeps a few chunks. Sizes are known without
 * reading what is stored aside.
 */
const CHUNK_BYTES = 2 * 1_024 * 1_024

/** Up to the last end of a mutation within `limit` and CHUNK_BYTES, or to the first one there is. */
async function readEntries(
  session: Session,
  tenant: string,
  after: number,
  limit: number,
): Promise<readonly Entry[]> {
  const rows = await session.query<LogRow>(
    `with part as (
      select seq, last,
        sum(octet_length(change::text) + coalesce(octet_length(before::text), 0)) over (order by seq) as bytes
      from zg.log where tenant = $1 and seq > $2::bigint and seq <= $2::bigint + $3::bigint
    ), stop as (
      select coalesce(
        (select max(seq) from part where last and bytes <= ${CHUNK_BYTES}),
        (select seq from zg.log where tenant = $1 and seq > $2::bigint and last order by seq limit 1)
      ) as seq
    )
    select l.seq, l.change, l.before, l.last from zg.log l, stop
    where l.tenant = $1 and l.seq > $2::bigint and l.seq <= stop.seq order by l.seq`,
    [tenant, after, Math.max(1, limit)],
  )
  return rows.map(({ seq, change, before, last }) => ({
    seq: Number(seq),
    change: change as unknown as Change,
    before: before as unknown as Before,
    last,
  }))
}

/**
 * Takes the images back from the head to `seq`, newest first. Of the later changes to a row only the first one per
 * set of fields matters (what it overwrote is what stood at `seq`; deletes count apart, they overwrite everything),
 * so a row that changed a million times since costs a scan of its entries, not their transport.
 */
export async function undoAfter(
  session: Session,
  tenant: string,
  seq: number,
  addresses: readonly Address[],
  images: Map<string, Instance>,
): Promise<void> {
  const rows = await session.query<{ seq: string; change: Json; before: Json }>(
    `select distinct on (l.entity, l.key, l.fields, l.deletes) l.seq, l.change, l.before
    from unnest($3::int[], $4::text[]) as u(entity, key)
    cross join lateral (
      select entity, key, seq, change, before,
        jsonb_path_query_array(change::jsonb, '$.ops[*].field') as fields,
        jsonb_path_exists(change::jsonb, '$.ops[*] ? (@.kind == "delete")') as deletes
      from zg.log where tenant = $1 and entity = u.entity and key = u.key and seq > $2::bigint
    ) l
    order by l.entity, l.key, l.fields, l.deletes, l.seq`,
    [tenant, seq, addresses.map(({ entity }) => String(entity)), addresses.map(({ key }) => key)],
  )
  const newestFirst = rows.toSorted((a, b) => Number(b.seq) - Number(a.seq))
  for (const row of newestFirst) {
    const change = row.change as unknown as Change
    const image = images.get(addressText(change))
    if (image) images.set(addressText(change), undo(image, change, row.before as unknown as Before))
  }
}

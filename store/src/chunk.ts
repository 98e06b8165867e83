import type { Change } from '@zg/core/change/change'
import { NOTHING } from '@zg/core/change/instance'
import type { Before, Entry, LogChunk, LogPiece } from '@zg/core/ports/storage'
import { carry } from './feed/carry.ts'
import { readImages } from './images.ts'
import { addressText } from './load.ts'
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
  const { entries, seq, head } = await readEntries(session, tenant, after, limit)
  const { images, open } = carry(entries)
  const loaded = await readImages(session, layout, tenant, open, seq < head ? seq : null)
  open.forEach((address, i) => {
    images.set(addressText(address), loaded[i] ?? NOTHING)
  })
  return { entries, seq, head, images }
}

/**
 * Not much more is read at once, however large the changes are: a gateway keeps a few chunks. What is stored aside is
 * looked at only where it is compressed, to know its size.
 */
const CHUNK_BYTES = 2 * 1_024 * 1_024

/** Up to the last end of a mutation within `limit` and CHUNK_BYTES, or to the first one there is. */
export async function readEntries(
  session: Session,
  tenant: string,
  after: number,
  limit: number,
): Promise<LogPiece> {
  const stretch = { after, upTo: after + Math.max(1, limit), limit: Math.max(1, limit) }
  const parts = await readStretch(session, tenant, { ...stretch, bytes: CHUNK_BYTES })
  if (parts.length) return pieceOf(tenant, after, parts)
  const [found] = await session.query<{ head: string | null; stop: string | null }>(END, [
    tenant,
    after,
    stretch.upTo,
    CHUNK_BYTES,
  ])
  const { head = null, stop = null } = found ?? {}
  if (stop !== null) {
    const whole = await readStretch(session, tenant, { ...stretch, upTo: Number(stop), bytes: null })
    return pieceOf(tenant, after, whole)
  }
  return { entries: [], seq: after, head: Number(head), following: after, bytes: 0 }
}

/** Where a piece ends that is not as long as it may be, or longer. */
const END = `select (select seq from zg.head where tenant = $1) as head, coalesce(
  (select max(seq) from (
    select seq, last, sum(${sizeOf('change')} + coalesce(${sizeOf('before')}, 0))
      over (order by seq rows unbounded preceding) as bytes
    from zg.log where tenant = $1 and seq > $2::bigint and seq <= $3::bigint
  ) as part where last and bytes <= $4::bigint),
  (select seq from zg.log where tenant = $1 and seq > $2::bigint and last order by seq limit 1)
) as stop`

interface Stretch {
  readonly after: number
  readonly upTo: number
  /** Of the piece behind it. */
  readonly limit: number
  /** If it comes to more than that, it is not read; null: however much. */
  readonly bytes: number | null
}

type PartRow = {
  head: string | null
  stop: string
  following: string | null
  changes: string
  befores: string
  lasts: string
}

/** So many entries are one row: larger texts cost both sides more, for they are made of memory that is fetched for each. */
const PART = 250

/**
 * Up to the last end of a mutation in it, in order; nothing if there is none. The changes of a row are one text, as are
 * those they overwrote. A text and an object for each would cost this process as much again.
 */
async function readStretch(
  session: Session,
  tenant: string,
  { after, upTo, limit, bytes }: Stretch,
): Promise<readonly PartRow[]> {
  return session.query<PartRow>(
    `with stop as (
      select seq from zg.log
      where tenant = $1 and seq > $2::bigint and seq <= $3::bigint and last order by seq desc limit 1
    )
    select (select seq from zg.head where tenant = $1) as head, (select seq from stop) as stop, (
        select seq from zg.log
        where tenant = $1 and seq > (select seq from stop) and seq <= (select seq from stop) + $5::bigint and last
        order by seq desc limit 1
      ) as following, part.*
    from (
      select (seq - $2::bigint - 1) / ${PART} as n,
        string_agg(change::text, ',' order by seq) as changes,
        string_agg(coalesce(before::text, 'null'), ',' order by seq) as befores,
        string_agg(case when last then '1' else '0' end, '' order by seq) as lasts
      from zg.log
      where tenant = $1 and seq > $2::bigint and seq <= (select seq from stop) and ($4::bigint is null or (
        select sum(${sizeOf('change')} + coalesce(${sizeOf('before')}, 0)) from zg.log
        where tenant = $1 and seq > $2::bigint and seq <= $3::bigint
      ) <= $4::bigint)
      group by 1
    ) as part order by n`,
    [tenant, after, upTo, bytes, limit],
  )
}

function pieceOf(tenant: string, after: number, parts: readonly PartRow[]): LogPiece {
  const [{ stop, head = null, following = null } = { stop: after }] = parts
  const seq = Number(stop)
  const bytes = parts.reduce((sum, { changes, befores }) => sum + changes.length + befores.length, 0)
  let read: readonly Entry[] | undefined
  return {
    // Once they are wanted: whoever reads ahead can ask for the next piece first.
    get entries() {
      read ??= entriesOf(tenant, after, seq, parts)
      return read
    },
    seq,
    head: Number(head),
    following: bytes < CHUNK_BYTES / 2 ? Number(following ?? seq) : seq,
    bytes,
  }
}

function entriesOf(tenant: string, after: number, seq: number, parts: readonly PartRow[]): readonly Entry[] {
  const entries: Entry[] = []
  for (const { changes, befores, lasts } of parts) {
    const before = JSON.parse(`[${befores}]`) as readonly Before[]
    const parsed = JSON.parse(`[${changes}]`) as readonly Change[]
    // The log is gapless.
    const first = after + 1 + entries.length
    parsed.forEach((change, i) => {
      entries.push({ seq: first + i, change, before: before[i] ?? null, last: lasts[i] === '1' })
    })
  }
  if (seq !== after + entries.length)
    throw new Error(`The log of ${tenant} has a gap between ${after} and ${seq}`)
  return entries
}

/** SQL for the bytes of a column, null where it is null; those that are compressed must be opened for it. */
export function sizeOf(column: string): string {
  return `case when pg_column_compression(${column}) is null then pg_column_size(${column}) else octet_length(${column}::text) end`
}

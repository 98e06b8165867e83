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
  const upTo = after + Math.max(1, limit)
  const piece = await readStretch(session, tenant, { after, upTo, limit, bytes: CHUNK_BYTES })
  if (piece.seq > after) return piece
  const [end] = await session.query<{ seq: string }>(
    'select seq from zg.log where tenant = $1 and seq > $2::bigint and last order by seq limit 1',
    [tenant, after],
  )
  return end ? readStretch(session, tenant, { after, upTo: Number(end.seq), limit, bytes: null }) : piece
}

interface Stretch {
  readonly after: number
  readonly upTo: number
  /** Of the piece behind it. */
  readonly limit: number
  /** Of all of it at most; null: however many. */
  readonly bytes: number | null
}

type StretchRow = {
  head: string | null
  stop: string | null
  following: string | null
  changes: string | null
  befores: string | null
  lasts: string | null
}

/**
 * Up to the last end of a mutation in it. In one pass, which answers one row: changes are one text, as are what they
 * overwrote. A text and an object for each would cost this process as much again.
 */
async function readStretch(
  session: Session,
  tenant: string,
  { after, upTo, limit, bytes }: Stretch,
): Promise<LogPiece> {
  const [row] = await session.query<StretchRow>(
    `select *, (
      select seq from zg.log where tenant = $1 and seq > stop and seq <= stop + $5::bigint and last order by seq desc limit 1
    ) as following
    from (
    select (select seq from zg.head where tenant = $1) as head, max(seq) as stop,
      '[' || string_agg(change::text, ',') || ']' as changes,
      '[' || string_agg(coalesce(before::text, 'null'), ',') || ']' as befores,
      string_agg(case when last then '1' else '0' end, '') as lasts
    from (
      select *, max(seq) filter (where last and bytes <= coalesce($4::bigint, bytes)) over () as stop
      from (
        select seq, last, before, change, sum(${sizeOf('change')} + coalesce(${sizeOf('before')}, 0))
          over (order by seq rows unbounded preceding) as bytes
        from zg.log where tenant = $1 and seq > $2::bigint and seq <= $3::bigint order by seq
      ) as part
    ) as entry
    where seq <= stop
    ) as piece`,
    [tenant, after, upTo, bytes, limit],
  )
  const { head = null, stop = null, following = null, changes, befores, lasts } = row ?? {}
  const seq = Number(stop ?? after)
  const size = (changes?.length ?? 0) + (befores?.length ?? 0)
  let read: readonly Entry[] | undefined
  return {
    // Once they are wanted: whoever reads ahead can ask for the next piece first.
    get entries() {
      read ??= entriesOf(tenant, {
        after,
        seq,
        changes: changes ?? '[]',
        befores: befores ?? '[]',
        lasts: lasts ?? '',
      })
      return read
    },
    seq,
    head: Number(head),
    following: size < CHUNK_BYTES / 2 ? Number(following ?? seq) : seq,
    bytes: size,
  }
}

interface Texts {
  readonly after: number
  readonly seq: number
  readonly changes: string
  readonly befores: string
  readonly lasts: string
}

function entriesOf(tenant: string, { after, seq, changes, befores, lasts }: Texts): readonly Entry[] {
  const before = JSON.parse(befores) as readonly Before[]
  const entries = (JSON.parse(changes) as readonly Change[]).map(
    (change, i): Entry => ({
      // The log is gapless.
      seq: after + 1 + i,
      change,
      before: before[i] ?? null,
      last: lasts[i] === '1',
    }),
  )
  if (seq !== after + entries.length)
    throw new Error(`The log of ${tenant} has a gap between ${after} and ${seq}`)
  return entries
}

/** SQL for the bytes of a column, null where it is null; those that are compressed must be opened for it. */
export function sizeOf(column: string): string {
  return `case when pg_column_compression(${column}) is null then pg_column_size(${column}) else octet_length(${column}::text) end`
}

import type { Json } from '@zg/core/json'
import type { AuthorRequest, StoredText, TextAddress, TextAuthor, TextRequest } from '@zg/core/ports/storage'
import { plainArray, textArray } from '../parameter.ts'
import type { Session } from '../session.ts'

type TextRow = {
  n: string
  folded: string | null
  plain: string | null
  bytes: string | null
  state: string | null
  updates: readonly string[] | null
  seq: string | null
}

/**
 * Texts at their positions: the newest fold at or before each, and the updates behind it. One statement; a second one
 * for rows that lived then and are dead now, whose text only the log remembers. `states`: hand out states even
 * of texts that have nothing behind their fold.
 */
export async function loadTexts(
  session: Session,
  tenant: string,
  requests: readonly TextRequest[],
  { states }: { readonly states: boolean } = { states: true },
): Promise<readonly StoredText[]> {
  if (!requests.length) return []
  const rows = await session.query<TextRow>(
    `select u.n, f.seq as folded, f.plain, f.bytes, p.updates, p.seq,
      case when $6::text = 'true' or p.seq is not null then encode(f.snapshot, 'base64') end as state
    from unnest($2::int[], $3::text[], $4::int[], $5::bigint[], $7::bigint[])
      with ordinality as u(entity, key, field, at, after, n)
    left join lateral (
      select seq, plain, bytes, snapshot from zg.text_fold
      where tenant = $1 and entity = u.entity and key = u.key and field = u.field and seq <= u.at
        and u.after is null
      order by seq desc limit 1
    ) f on true
    left join lateral (
      select max(seq) as seq, array_agg(encode(update, 'base64') order by seq) as updates from zg.text
      where tenant = $1 and entity = u.entity and key = u.key and field = u.field
        and seq > coalesce(u.after, f.seq, 0) and seq <= u.at
    ) p on true`,
    [
      tenant,
      requests.map(({ entity }) => String(entity)),
      requests.map(({ key }) => key),
      requests.map(({ field }) => String(field)),
      requests.map(({ at }) => String(at ?? Number.MAX_SAFE_INTEGER)),
      String(states),
      requests.map(({ after }) => (after === undefined ? null : String(after))),
    ],
  )
  const found: StoredText[] = requests.map(() => NONE)
  for (const row of rows) found[Number(row.n) - 1] = storedText(row)
  const lost = requests.flatMap((request, i) =>
    request.at !== null && found[i]?.seq === 0 ? [{ ...request, at: request.at, i }] : [],
  )
  for (const [i, text] of await fromLog(session, tenant, lost)) found[i] = text
  return found
}

const NONE: StoredText = { source: { state: null, updates: [] }, plain: '', seq: 0, bytes: 0 }

function storedText({ folded, plain, bytes, state, updates, seq }: TextRow): StoredText {
  const behind = (updates ?? []).map(bytesOf)
  return {
    source: { state: state === null ? null : bytesOf(state), updates: behind },
    plain: behind.length ? null : (plain ?? ''),
    seq: Number(seq ?? folded ?? 0),
    bytes: behind.reduce((sum, update) => sum + update.length, Number(bytes ?? 0)),
  }
}

async function fromLog(
  session: Session,
  tenant: string,
  requests: readonly (TextAddress & { readonly at: number; readonly i: number })[],
): Promise<ReadonlyMap<number, StoredText>> {
  if (!requests.length) return new Map()
  const rows = await session.query<{ n: string; seq: string; op: Json }>(
    `select u.n, l.seq, o.op
    from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) with ordinality as u(entity, key, field, at, n)
    join zg.tombstone d on d.tenant = $1 and d.id = u.key and d.seq > u.at
    cross join lateral (
      select seq, change from zg.log where tenant = $1 and entity = u.entity and key = u.key and seq <= u.at
    ) l
    cross join lateral json_array_elements(l.change -> 'ops') as o(op)
    where o.op ->> 'kind' = 'text' and (o.op ->> 'field')::int = u.field
    order by u.n, l.seq`,
    [
      tenant,
      requests.map(({ entity }) => String(entity)),
      requests.map(({ key }) => key),
      requests.map(({ field }) => String(field)),
      requests.map(({ at }) => String(at)),
    ],
  )
  const texts = new Map<number, StoredText>()
  for (const { n, seq, op } of rows) {
    const i = requests[Number(n) - 1]?.i ?? 0
    const { source, bytes } = texts.get(i) ?? NONE
    const update = bytesOf((op as { readonly update: string }).update)
    const updates = [...source.updates, update]
    texts.set(i, {
      source: { state: null, updates },
      plain: null,
      seq: Number(seq),
      bytes: bytes + update.length,
    })
  }
  return texts
}

/** Of base64 (with Postgres' line breaks) or base64url. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Who has written into texts as these Yjs clients, in the order asked. */
export async function loadTextAuthors(
  session: Session,
  tenant: string,
  asked: readonly AuthorRequest[],
): Promise<readonly (TextAuthor | null)[]> {
  const rows = await session.query<{ by: string | null; client: string; n: number }>(
    `select found."by", found.client, found.n
    from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) with ordinality as a(entity, key, field, client, i)
    left join lateral (
      select t."by", l.change -> 'mutation' ->> 'client' as client, (l.change -> 'mutation' ->> 'n')::float8 as n
      from zg.text t join zg.log l on l.tenant = t.tenant and l.seq = t.seq
      where t.tenant = $1 and t.entity = a.entity and t.key = a.key and t.field = a.field and t.client = a.client
      order by t.seq limit 1
    ) as found on true
    order by a.i`,
    [
      tenant,
      plainArray(asked.map(({ entity }) => entity)),
      textArray(asked.map(({ key }) => key)),
      plainArray(asked.map(({ field }) => field)),
      plainArray(asked.map(({ client }) => client)),
    ],
  )
  // Only replicas number their mutations.
  return rows.map(({ by, client, n }) => (by === null ? null : { by, client: n > 0 ? client : null }))
}

/** A thousand of those with updates that no fold covers, the longest waiting first. */
export async function loadUnfolded(
  session: Session,
): Promise<readonly (TextAddress & { readonly tenant: string })[]> {
  const rows = await session.query<{ tenant: string; entity: number; key: string; field: number }>(
    'select tenant, entity, key, field from zg.text_due order by seq limit 1000',
  )
  return rows.map(({ tenant, entity, key, field }) => ({
    tenant,
    entity: Number(entity),
    key,
    field: Number(field),
  }))
}

import type { Change } from '@zg/core/change/change'
import { hlcToUuid } from '@zg/core/change/clock'
import { clientOf } from '@zg/core/change/kinds/text'
import type { Fold, TextAddress, Writes } from '@zg/core/ports/storage'
import type { Session } from '../session.ts'
import { type Layout, quoted } from '../tables/layout.ts'

/** One fold is kept for each so many bytes of updates, beside the newest: what a text at an old position starts from. */
export const KEPT_EVERY = 64 * 1024

/** Appends the updates in these entries, unless their row is dead; nobody opens a document for it. */
export function saveUpdates(
  session: Session,
  tenant: string,
  { entries, instances }: Writes,
): readonly Promise<unknown>[] {
  const dead = new Set(instances.filter(({ instance }) => instance.dead !== null).map(({ key }) => key))
  const updates = entries.flatMap(({ seq, change }) => (dead.has(change.key) ? [] : updatesOf(seq, change)))
  return insertUpdates(session, tenant, updates)
}

/** Appends them, and puts their texts on the list of those to be folded. */
export function insertUpdates(
  session: Session,
  tenant: string,
  updates: readonly StoredUpdate[],
): readonly Promise<unknown>[] {
  if (!updates.length) return []
  return [
    session.query(
      `insert into zg.text (tenant, entity, key, field, seq, id, client, "by", update)
      select $1::text, u.entity, u.key, u.field, u.seq, u.id::uuid, u.client::bigint, u."by", decode(u.update, 'base64')
      from unnest($2::int[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])
        as u(entity, key, field, seq, id, client, "by", update)`,
      [
        tenant,
        ...addresses(updates),
        updates.map(({ seq }) => String(seq)),
        updates.map(({ id }) => id),
        updates.map(({ client }) => client),
        updates.map(({ by }) => by),
        updates.map(({ update }) => update),
      ],
    ),
    session.query(
      `insert into zg.text_due (tenant, entity, key, field, seq)
      select $1::text, u.entity, u.key, u.field, max(u.seq)
      from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) as u(entity, key, field, seq)
      group by u.entity, u.key, u.field
      on conflict (tenant, entity, key, field) do update set seq = excluded.seq`,
      [tenant, ...addresses(updates), updates.map(({ seq }) => String(seq))],
    ),
  ]
}

/** A line of `zg.text`. */
export interface StoredUpdate extends TextAddress {
  readonly seq: number
  readonly id: string
  /** Whose structs it holds: a Yjs client. */
  readonly client: string | null
  readonly by: string
  /** Standard base64, as Postgres reads it. */
  readonly update: string
}

/** The updates in a change. */
export function updatesOf(seq: number, change: Change): readonly StoredUpdate[] {
  const { entity, key, by } = change
  return change.ops.flatMap(op => {
    if (op.kind !== 'text') return []
    const bytes = Buffer.from(op.update, 'base64url')
    const client = clientOf(bytes)
    return [
      {
        entity,
        key,
        field: op.field,
        seq,
        id: hlcToUuid(change.id),
        client: client === null ? null : String(client),
        by,
        update: bytes.toString('base64'),
      },
    ]
  })
}

/** Deleting a row drops its texts; the log still knows what they said. */
export function dropTexts(
  session: Session,
  tenant: string,
  ids: readonly string[],
): readonly Promise<unknown>[] {
  if (!ids.length) return []
  return ['zg.text', 'zg.text_fold', 'zg.text_due'].map(table =>
    session.query(`delete from ${table} where tenant = $1 and key = any($2::text[])`, [tenant, ids]),
  )
}

/**
 * Keeps folds that are newer than what is there and whose row still has its text, shows them in the projections, and
 * throws away the one before unless it is the last of its 64 kB.
 */
export async function saveFolds(
  session: Session,
  layout: Layout,
  tenant: string,
  folds: readonly Fold[],
): Promise<void> {
  if (!folds.length) return
  const saved = await session.query<{ n: string }>(
    `with u as (
      select * from unnest($2::int[], $3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
        with ordinality as u(entity, key, field, seq, bytes, snapshot, plain, n)
    ), saved as (
      insert into zg.text_fold (tenant, entity, key, field, seq, bytes, snapshot, plain)
      select $1::text, u.entity, u.key, u.field, u.seq, u.bytes, decode(u.snapshot, 'base64'), u.plain from u
      where exists (
        select from zg.text t
        where t.tenant = $1 and t.entity = u.entity and t.key = u.key and t.field = u.field and t.seq = u.seq
      ) and not exists (
        select from zg.text_fold f
        where f.tenant = $1 and f.entity = u.entity and f.key = u.key and f.field = u.field and f.seq >= u.seq
      )
      returning entity, key, field, seq, bytes
    ), gone as (
      delete from zg.text_fold f using saved s
      where f.tenant = $1 and f.entity = s.entity and f.key = s.key and f.field = s.field and f.seq < s.seq
        and f.bytes / ${KEPT_EVERY} = s.bytes / ${KEPT_EVERY}
    ), done as (
      delete from zg.text_due d using u
      where d.tenant = $1 and d.entity = u.entity and d.key = u.key and d.field = u.field and d.seq <= u.seq
    )
    select u.n from u join saved s on s.entity = u.entity and s.key = u.key and s.field = u.field`,
    [
      tenant,
      ...addresses(folds),
      folds.map(({ seq }) => String(seq)),
      folds.map(({ bytes }) => String(bytes)),
      folds.map(({ state }) => Buffer.from(state).toString('base64')),
      folds.map(({ plain }) => plain),
    ],
  )
  const fresh = saved.flatMap(({ n }) => folds[Number(n) - 1] ?? [])
  for (const [column, list] of byColumn(layout, fresh)) {
    await session.query(
      `update ${column.table} r set ${column.name} = u.plain
      from unnest($2::text[], $3::text[]) as u(key, plain) where r.tenant = $1 and r.id = u.key`,
      [tenant, list.map(({ key }) => key), list.map(({ plain }) => plain)],
    )
  }
}

function byColumn({ entities }: Layout, folds: readonly Fold[]) {
  const groups = new Map<string, readonly [{ readonly table: string; readonly name: string }, Fold[]]>()
  for (const fold of folds) {
    const table = entities.get(fold.entity)
    const column = table?.columns.find(({ field }) => field.number === fold.field && field.crdt === 'text')
    if (!table || !column) continue
    const key = `${fold.entity}/${fold.field}`
    const group = groups.get(key)
    if (group) group[1].push(fold)
    else groups.set(key, [{ table: table.sql, name: quoted(column.name) }, [fold]])
  }
  return groups.values()
}

function addresses(list: readonly TextAddress[]): readonly [string[], string[], string[]] {
  return [
    list.map(({ entity }) => String(entity)),
    list.map(({ key }) => key),
    list.map(({ field }) => String(field)),
  ]
}

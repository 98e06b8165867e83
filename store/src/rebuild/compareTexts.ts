import type { TextContent, TextSource } from '@zg/core/change/kinds/text'
import { isSameText, readText } from '@zg/core/change/text'
import type { TextAddress } from '@zg/core/ports/storage'
import { addressText } from '../load.ts'
import type { Session } from '../session.ts'
import { type Layout, quoted } from '../tables/layout.ts'
import type { StoredUpdate } from '../text/save.ts'
import { keptUpdates } from './texts.ts'

/** Holds the updates of a page of the log against `zg.text`. `living`: so many are not of the dead, and must be there. */
export async function compareUpdates(
  session: Session,
  tenant: string,
  updates: readonly StoredUpdate[],
): Promise<{ readonly living: number; readonly differences: readonly string[] }> {
  if (!updates.length) return { living: 0, differences: [] }
  const rows = await session.query<{ n: string; same: boolean }>(
    `select u.n, t.id is not distinct from u.id::uuid and t.client is not distinct from u.client::bigint
      and t."by" is not distinct from u."by" and t.update is not distinct from decode(u.update, 'base64') as same
    from unnest($2::int[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])
      with ordinality as u(entity, key, field, seq, id, client, "by", update, n)
    left join zg.text t
      on t.tenant = $1 and t.key = u.key and t.entity = u.entity and t.field = u.field and t.seq = u.seq
    where not exists (select from zg.tombstone d where d.tenant = $1 and d.id = u.key)`,
    [
      tenant,
      updates.map(({ entity }) => String(entity)),
      updates.map(({ key }) => key),
      updates.map(({ field }) => String(field)),
      updates.map(({ seq }) => String(seq)),
      updates.map(({ id }) => id),
      updates.map(({ client }) => client),
      updates.map(({ by }) => by),
      updates.map(({ update }) => update),
    ],
  )
  const differences = rows.flatMap(({ n, same }) => {
    const update = updates[Number(n) - 1]
    return same || !update
      ? []
      : [`${textName(update)}: the update of ${update.seq} is not what the log says`]
  })
  return { living: rows.length, differences }
}

/** Holds what was folded, what tables show and what is still to be folded against the updates. Memory for one text. */
export async function compareFolds(
  session: Session,
  layout: Layout,
  tenant: string,
): Promise<readonly string[]> {
  const differences: string[] = []
  let folds = 0
  let state: Uint8Array | null = null
  let behind: Uint8Array[] = []
  let bytes = 0
  for await (const one of keptUpdates(session, tenant)) {
    if (one.isFirst) [state, behind, bytes] = [null, [], 0]
    behind.push(one.update)
    bytes += one.update.length
    if (!one.fold) continue
    folds++
    const content = opened({ state, updates: behind })
    if (!content || one.fold.bytes !== bytes || !isSame(one.fold, content))
      differences.push(`${textName(one)}: the fold of ${one.seq} is not what its updates say`)
    if (content) [state, behind] = [content.state, []]
  }
  const [found] = await session.query<{ n: string }>(
    'select count(*) as n from zg.text_fold where tenant = $1',
    [tenant],
  )
  if (Number(found?.n) !== folds)
    differences.push(`zg.text_fold has ${found?.n} lines, and ${folds} of them end with an update`)
  return [
    ...differences,
    ...(await compareDue(session, tenant)),
    ...(await compareColumns(session, layout, tenant)),
  ]
}

/** Which texts have updates behind their newest fold, and wait on the list. */
async function compareDue(session: Session, tenant: string): Promise<readonly string[]> {
  const rows = await session.query<{ entity: number; key: string; field: number; due: string | null }>(
    `with newest as (
      select entity, key, field, max(seq) as seq from zg.text where tenant = $1 group by entity, key, field
    ), folded as (
      select entity, key, field, max(seq) as seq from zg.text_fold where tenant = $1 group by entity, key, field
    ), unfolded as (
      select entity, key, field, n.seq from newest n left join folded f using (entity, key, field)
      where n.seq > coalesce(f.seq, 0)
    )
    select entity, key, field, d.seq as due
    from unfolded u full join (select * from zg.text_due where tenant = $1) d using (entity, key, field)
    where u.seq is distinct from d.seq`,
    [tenant],
  )
  return rows.map(one => {
    const what = one.due === null ? 'waits to be folded, and is not' : 'does not wait to be folded so, and is'
    return `${textName({ ...one, entity: Number(one.entity), field: Number(one.field) })}: ${what} in zg.text_due`
  })
}

/** Tables show what was folded last. */
async function compareColumns(
  session: Session,
  { entities }: Layout,
  tenant: string,
): Promise<readonly string[]> {
  const differences: string[] = []
  for (const [entity, { sql, columns }] of entities) {
    for (const { field, name } of columns) {
      if (field.crdt !== 'text') continue
      const rows = await session.query<{ key: string }>(
        `select r.id as key from ${sql} r where r.tenant = $1 and r.${quoted(name)} is distinct from coalesce((
          select f.plain from zg.text_fold f
          where f.tenant = $1 and f.key = r.id and f.entity = ${entity} and f.field = ${field.number}
          order by f.seq desc limit 1
        ), '')`,
        [tenant],
      )
      const shown = rows.map(({ key }) => textName({ entity, key, field: field.number }))
      differences.push(...shown.map(text => `${text}: its column does not show what was folded last`))
    }
  }
  return differences
}

/** Null: it cannot be opened. */
function opened(source: TextSource): TextContent | null {
  try {
    return readText(source)
  } catch {
    return null
  }
}

/** By value: what was merged in another order may be written otherwise. */
function isSame(one: TextContent, other: TextContent): boolean {
  try {
    return one.plain === other.plain && isSameText(one.state, other.state)
  } catch {
    return false
  }
}

function textName({ field, ...address }: TextAddress): string {
  return `the text ${addressText(address)}/${field}`
}

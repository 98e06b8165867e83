import type { Address } from '@zg/core/act/needs'
import { hlcToUuid } from '@zg/core/change/clock'
import { parseEdgeKey } from '@zg/core/change/id'
import type { Instance } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { Entry, Expiry, Head, Writes } from '@zg/core/ports/storage'
import { edgeTags, encodeRow, holdsState, ownColumns } from './codec.ts'
import { together, type VerdictDetail } from './load.ts'
import type { Session } from './session.ts'
import { type EdgeTable, type EntityTable, type Layout, quoted } from './tables/layout.ts'
import { dropTexts, saveFolds, saveUpdates } from './text/save.ts'

type Written = Writes['instances'][number]

/**
 * All that a batch leaves behind, inside its transaction. The number of statements depends on how many tables are
 * touched, never on how many rows. Statements are sent in the order written here and wait for each other only
 * where one needs another's answer.
 */
export async function saveWrites(
  session: Session,
  layout: Layout,
  tenant: string,
  writes: Writes,
): Promise<void> {
  const { rows, edges, rest } = sorted(layout, writes.instances)
  const dead = writes.instances.filter(({ instance }) => instance.dead !== null)
  const alive = rows.filter(({ instance }) => visible(instance))
  await together([
    saveHead(session, tenant, writes.head),
    saveEntries(session, tenant, writes.entries),
    saveTombstones(session, tenant, dead),
    ...byTable(layout.entities, alive).map(([table, list]) => upsertRows(session, table, tenant, list)),
    ...byTable(layout.entities, dead).map(([table, list]) => deleteRows(session, table, tenant, list)),
    ...[...layout.relations.values()].flatMap(table => hideEdges(session, layout, table, tenant, dead)),
    ...saveUpdates(session, tenant, writes),
    ...dropTexts(
      session,
      tenant,
      dead.filter(({ entity }) => mayHoldTexts(layout, entity)).map(({ key }) => key),
    ),
    saveClaims(session, tenant, writes.claims),
    saveVerdicts(session, tenant, writes.verdicts),
    ...(writes.expire ? [expireVerdicts(session, tenant, writes.expire)] : []),
  ])
  const shown = await withLivingEnds(
    session,
    tenant,
    edges.filter(({ instance }) => visible(instance)),
  )
  const lit = new Set(shown)
  const hidden = edges.filter(edge => !lit.has(edge))
  const unborn = rows.filter(({ instance }) => !instance.dead && !visible(instance))
  const waits = [...rest, ...hidden, ...unborn].filter(({ instance }) => holdsState(instance))
  const waiting = new Set(waits)
  await together([
    ...byTable(layout.relations, shown).map(([table, list]) => upsertEdges(session, table, tenant, list)),
    ...byTable(layout.relations, hidden).map(([table, list]) => deleteEdges(session, table, tenant, list)),
    stopWaiting(
      session,
      tenant,
      writes.instances.filter(one => !waiting.has(one)),
    ),
    startWaiting(session, tenant, waits),
  ])
  await saveFolds(session, layout, tenant, writes.folds ?? [])
}

/** Of an entity that this schema does not know, nobody can tell. */
function mayHoldTexts({ entities }: Layout, entity: number): boolean {
  return entities.get(entity)?.columns.some(({ field }) => field.crdt === 'text') ?? true
}

/** Edges whose key does not name two rows can have no line in an edge table, nor can unknown entities' rows. */
function sorted(layout: Layout, instances: readonly Written[]) {
  const rows: Written[] = []
  const edges: Written[] = []
  const rest: Written[] = []
  for (const one of instances) {
    if (layout.entities.has(one.entity)) rows.push(one)
    else if (layout.relations.has(one.entity) && parseEdgeKey(one.key)) edges.push(one)
    else if (!one.instance.dead) rest.push(one)
  }
  return { rows, edges, rest }
}

function byTable<T>(
  tables: ReadonlyMap<number, T>,
  list: readonly Written[],
): readonly (readonly [T, Written[]])[] {
  const groups = new Map<T, Written[]>()
  for (const one of list) {
    const table = tables.get(one.entity)
    if (!table) continue
    const group = groups.get(table)
    if (group) group.push(one)
    else groups.set(table, [one])
  }
  return [...groups]
}

async function saveHead(session: Session, tenant: string, { seq, hlc }: Head): Promise<void> {
  await session.query('update zg.head set seq = $2::bigint, hlc = $3::uuid where tenant = $1', [
    tenant,
    seq,
    hlc === null ? null : hlcToUuid(hlc),
  ])
}

async function saveEntries(session: Session, tenant: string, entries: readonly Entry[]): Promise<void> {
  if (!entries.length) return
  await session.query(
    `insert into zg.log (tenant, seq, id, entity, key, change, before, last)
    select $1::text, u.seq::bigint, u.id::uuid, u.entity::int, u.key, u.change::jsonb, u.before::jsonb, u.last::boolean
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
      as u(seq, id, entity, key, change, before, last)`,
    [
      tenant,
      entries.map(({ seq }) => String(seq)),
      entries.map(({ change }) => hlcToUuid(change.id)),
      entries.map(({ change }) => String(change.entity)),
      entries.map(({ change }) => change.key),
      entries.map(({ change }) => JSON.stringify(change)),
      entries.map(({ before }) => (before === null ? null : JSON.stringify(before))),
      entries.map(({ last }) => String(last)),
    ],
  )
}

async function saveTombstones(session: Session, tenant: string, dead: readonly Written[]): Promise<void> {
  if (!dead.length) return
  await session.query(
    `insert into zg.tombstone (tenant, id, change, seq)
    select $1::text, u.id, u.change::uuid, u.seq::bigint
    from unnest($2::text[], $3::text[], $4::text[]) as u(id, change, seq)
    on conflict (tenant, id) do update set change = excluded.change`,
    [
      tenant,
      dead.map(({ key }) => key),
      dead.map(({ instance }) => hlcToUuid(instance.dead ?? '')),
      dead.map(({ seq }) => String(seq)),
    ],
  )
}

async function upsertRows(
  session: Session,
  table: EntityTable,
  tenant: string,
  rows: readonly Written[],
): Promise<void> {
  const encoded = rows.map(({ instance }) => encodeRow(table, instance))
  const columns = ownColumns(table)
  await session.query(upsertText(table), [
    tenant,
    rows.map(({ key }) => key),
    encoded.map(({ state }) => JSON.stringify(state)),
    ...columns.map((_, i) => encoded.map(({ values }) => values[i] ?? null)),
  ])
}

/** A new row's texts are empty until they are folded; an old one's stay as they are. */
function upsertText(table: EntityTable): string {
  const { sql } = table
  const columns = ownColumns(table)
  const names = columns.map(({ name }) => quoted(name))
  const texts = table.columns.filter(({ field }) => field.crdt === 'text').map(({ name }) => quoted(name))
  const lists = ['id', 'state', ...columns].map((_, i) => `$${i + 2}::text[]`)
  const values = [
    '$1::text',
    'u.id',
    'u.state::jsonb',
    ...columns.map(({ cast }, i) => `u.c${i}::${cast}`),
    ...texts.map(() => `''`),
  ]
  return `insert into ${sql} (${['tenant', 'id', '_state', ...names, ...texts].join(', ')})
    select ${values.join(', ')}
    from unnest(${lists.join(', ')}) as u(${['id', 'state', ...columns.map((_, i) => `c${i}`)].join(', ')})
    on conflict (tenant, id) do update set ${['_state', ...names].map(name => `${name} = excluded.${name}`).join(', ')}`
}

async function deleteRows(
  session: Session,
  { sql }: EntityTable,
  tenant: string,
  dead: readonly Address[],
): Promise<void> {
  await session.query(`delete from ${sql} where tenant = $1 and id = any($2::text[])`, [
    tenant,
    dead.map(({ key }) => key),
  ])
}

/**
 * Edges of dead rows leave their table: nobody will see them again. Their tags stay in `waiting`, because the log
 * may still be asked how things were before.
 */
function hideEdges(
  session: Session,
  layout: Layout,
  { relation, sql, from, to }: EdgeTable,
  tenant: string,
  dead: readonly Address[],
): readonly Promise<unknown>[] {
  const ids = dead
    .filter(({ entity }) => {
      const name = layout.entities.get(entity)?.view.name
      return name === relation.from || name === relation.to
    })
    .map(({ key }) => key)
  if (!ids.length) return []
  const [one, other] = [quoted(from), quoted(to)]
  const cell = `jsonb_build_object('0', jsonb_build_object('kind', 'edge', 'tags', _state -> 'tags'))`
  return [
    session.query(
      `with gone as (
        delete from ${sql} where tenant = $1 and (${one} = any($2::text[]) or ${other} = any($2::text[]))
        returning ${one} || '|' || ${other} as key, _state
      )
      insert into zg.waiting (tenant, entity, key, state)
      select $1::text, ${relation.number}, key, jsonb_build_object('born', null, 'dead', null, 'cells', ${cell}) from gone
      on conflict (tenant, entity, key) do update set state = excluded.state`,
      [tenant, ids],
    ),
  ]
}

/** Those of the edges that have no dead end. */
async function withLivingEnds(
  session: Session,
  tenant: string,
  edges: readonly Written[],
): Promise<readonly Written[]> {
  if (!edges.length) return []
  const ends = edges.map(({ key }) => parseEdgeKey(key))
  const ids = new Set(ends.flatMap(end => (end ? [end.from, end.to] : [])))
  const rows = await session.query<{ id: string }>(
    'select id from zg.tombstone where tenant = $1 and id = any($2::text[])',
    [tenant, [...ids]],
  )
  if (!rows.length) return edges
  const dead = new Set(rows.map(({ id }) => id))
  return edges.filter((_, i) => {
    const end = ends[i]
    return end && !dead.has(end.from) && !dead.has(end.to)
  })
}

async function upsertEdges(
  session: Session,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): Promise<void> {
  await session.query(
    `insert into ${sql} (tenant, ${quoted(from)}, ${quoted(to)}, _state)
    select $1::text, u."from", u."to", jsonb_build_object('tags', u.tags::jsonb)
    from unnest($2::text[], $3::text[], $4::text[]) as u("from", "to", tags)
    on conflict (tenant, ${quoted(from)}, ${quoted(to)}) do update set _state = excluded._state`,
    [tenant, ...endLists(edges), edges.map(({ instance }) => JSON.stringify(edgeTags(instance)))],
  )
}

async function deleteEdges(
  session: Session,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): Promise<void> {
  await session.query(
    `delete from ${sql} e using unnest($2::text[], $3::text[]) as u("from", "to")
    where e.tenant = $1 and e.${quoted(from)} = u."from" and e.${quoted(to)} = u."to"`,
    [tenant, ...endLists(edges)],
  )
}

function endLists(edges: readonly Address[]): readonly [string[], string[]] {
  const ends = edges.map(({ key }) => parseEdgeKey(key))
  return [ends.map(end => end?.from ?? ''), ends.map(end => end?.to ?? '')]
}

async function startWaiting(session: Session, tenant: string, list: readonly Written[]): Promise<void> {
  if (!list.length) return
  await session.query(
    `insert into zg.waiting (tenant, entity, key, state)
    select $1::text, u.entity::int, u.key, u.state::jsonb
    from unnest($2::text[], $3::text[], $4::text[]) as u(entity, key, state)
    on conflict (tenant, entity, key) do update set state = excluded.state`,
    [tenant, ...addressLists(list), list.map(({ instance }) => JSON.stringify(instance satisfies Instance))],
  )
}

async function stopWaiting(session: Session, tenant: string, list: readonly Written[]): Promise<void> {
  if (!list.length) return
  await session.query(
    `delete from zg.waiting w using unnest($2::int[], $3::text[]) as u(entity, key)
    where w.tenant = $1 and w.entity = u.entity and w.key = u.key`,
    [tenant, ...addressLists(list)],
  )
}

function addressLists(list: readonly Address[]): readonly [string[], string[]] {
  return [list.map(({ entity }) => String(entity)), list.map(({ key }) => key)]
}

async function saveClaims(session: Session, tenant: string, claims: Writes['claims']): Promise<void> {
  // Of several lines about one value the last one counts.
  const final = [...new Map(claims.map(claim => [`${claim.index}/${claim.value}`, claim])).values()]
  const released = final.filter(({ id }) => id === null)
  const taken = final.filter(({ id }) => id !== null)
  const lists = (list: Writes['claims']) => [list.map(({ index }) => index), list.map(({ value }) => value)]
  if (released.length) {
    await session.query(
      `delete from zg.claim c using unnest($2::text[], $3::text[]) as u(index, value)
      where c.tenant = $1 and c.index = u.index and c.value = u.value`,
      [tenant, ...lists(released)],
    )
  }
  if (taken.length) {
    await session.query(
      `insert into zg.claim (tenant, index, value, id)
      select $1::text, u.index, u.value, u.id from unnest($2::text[], $3::text[], $4::text[]) as u(index, value, id)
      on conflict (tenant, index, value) do update set id = excluded.id`,
      [tenant, ...lists(taken), taken.map(({ id }) => id)],
    )
  }
}

async function expireVerdicts(
  session: Session,
  tenant: string,
  { clients, before, limit }: Expiry,
): Promise<void> {
  await session.query(
    `delete from zg.verdict where ctid = any(array(
      select ctid from zg.verdict
      where tenant = $1 and at < to_timestamp($2::double precision / 1000) and starts_with(client, $3)
      order by at limit $4::int
    ))`,
    [tenant, before, clients, limit],
  )
}

async function saveVerdicts(session: Session, tenant: string, verdicts: Writes['verdicts']): Promise<void> {
  if (!verdicts.length) return
  const details = verdicts.map(
    ({ verdict: { status, ...detail }, ids }): VerdictDetail => ({ ...detail, ids }),
  )
  await session.query(
    `insert into zg.verdict (tenant, "by", client, n, body_hash, status, detail, seq, at)
    select $1::text, u.by, u.client, u.n::bigint, u.hash, u.status, u.detail::jsonb, u.seq::bigint,
      to_timestamp(u.at::double precision / 1000)
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
      as u(by, client, n, hash, status, detail, seq, at)`,
    [
      tenant,
      verdicts.map(({ by }) => by),
      verdicts.map(({ client }) => client),
      verdicts.map(({ n }) => String(n)),
      verdicts.map(({ bodyHash }) => bodyHash),
      verdicts.map(({ verdict }) => verdict.status),
      details.map(detail => JSON.stringify(detail)),
      verdicts.map(({ seq }) => String(seq)),
      verdicts.map(({ at }) => String(at)),
    ],
  )
}

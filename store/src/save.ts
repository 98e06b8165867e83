import type { Address } from '@zg/core/act/needs'
import { hlcToUuid } from '@zg/core/change/clock'
import { parseEdgeKey } from '@zg/core/change/id'
import type { Instance } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { Expiry, Writes } from '@zg/core/ports/storage'
import { edgeTags, encodeRow, holdsState, ownColumns } from './codec.ts'
import { addressText, type Place, type VerdictDetail } from './load.ts'
import { jsonLines, jsonList, plainArray, textArray } from './parameter.ts'
import type { Session, SqlValue } from './session.ts'
import { type EdgeTable, type EntityTable, type Layout, quoted } from './tables/layout.ts'
import { dropTexts, saveFolds, saveUpdates } from './text/save.ts'

type Written = Writes['instances'][number]

/** What a batch leaves in one tenant, and where it found what it changes, by address; absent: not looked for. */
export interface TenantWrites {
  readonly tenant: string
  readonly writes: Writes
  readonly places: Map<string, Place>
}

/**
 * All that a batch leaves behind, inside its transaction. The number of statements depends on how many tables are
 * touched, never on how many rows; logs, heads and rows of all tenants go together. Resolves when all are sent: one
 * waits for an answer only where it needs it. Moves `places` along.
 */
export async function saveWrites(
  session: Session,
  layout: Layout,
  all: readonly TenantWrites[],
): Promise<void> {
  const send: Send = (text, values) => void session.query(text, values)
  const tenants = all.map(({ tenant }) => tenant)
  const rows = all.flatMap(({ writes, places }, i) => shownRows(layout, writes, places, i + 1))
  saveEntries(send, tenants, all)
  for (const [table, list] of byTable(layout.entities, rows)) saveRows(send, table, tenants, list)
  saveHeads(send, tenants, all)
  for (const one of all) await saveRest(session, send, layout, one)
}

/** Nobody waits for the answer: the transaction itself fails with the statement. */
type Send = (text: string, values: readonly SqlValue[]) => void

/** What most batches have none of, tenant by tenant. */
async function saveRest(
  session: Session,
  send: Send,
  layout: Layout,
  { tenant, writes, places }: TenantWrites,
): Promise<void> {
  const { rows, edges, rest } = sorted(layout, writes.instances)
  const dead = writes.instances.filter(({ instance }) => instance.dead !== null)
  if (dead.length) {
    saveTombstones(send, tenant, dead)
    for (const [table, list] of byTable(layout.entities, dead)) deleteRows(send, table, tenant, list)
    for (const table of layout.relations.values()) hideEdges(send, layout, table, tenant, dead)
    const mayHave = dead.filter(({ entity }) => mayHoldTexts(layout, entity))
    dropTexts(
      session,
      tenant,
      mayHave.map(({ key }) => key),
    )
  }
  saveUpdates(session, tenant, writes)
  saveClaims(send, tenant, writes.claims)
  saveVerdicts(send, tenant, writes.verdicts)
  if (writes.expire) expireVerdicts(send, tenant, writes.expire)
  const lively = edges.filter(({ instance }) => visible(instance))
  const shown = lively.length ? await withLivingEnds(session, tenant, lively) : []
  const lit = new Set(shown)
  const hidden = edges.filter(edge => !lit.has(edge))
  const unborn = rows.filter(({ instance }) => !instance.dead && !visible(instance))
  const waits = [...rest, ...hidden, ...unborn].filter(({ instance }) => holdsState(instance))
  const waiting = new Set(waits)
  const waited = writes.instances.filter(one => !waiting.has(one) && mayWait(layout, places, one))
  for (const one of writes.instances) places.set(addressText(one), placeOf(one, waiting.has(one)))
  for (const [table, list] of byTable(layout.relations, shown)) upsertEdges(send, table, tenant, list)
  for (const [table, list] of byTable(layout.relations, hidden)) deleteEdges(send, table, tenant, list)
  stopWaiting(send, tenant, waited)
  startWaiting(send, tenant, waits)
  if (writes.folds?.length) await saveFolds(session, layout, tenant, writes.folds)
}

/** An edge that was shown may have come to wait by the death of an end in this very batch. */
function mayWait({ relations }: Layout, places: TenantWrites['places'], one: Written): boolean {
  const place = places.get(addressText(one))
  return place === undefined || place === 'waiting' || (place === 'shown' && relations.has(one.entity))
}

function placeOf({ instance }: Written, waits: boolean): Place {
  if (instance.dead !== null) return 'dead'
  if (waits) return 'waiting'
  return visible(instance) ? 'shown' : 'nowhere'
}

/** A row to be shown, of a tenant by its number; a new one needs no look for an older version. */
interface Shown extends Written {
  readonly t: number
  readonly fresh: boolean
}

function shownRows(
  layout: Layout,
  { instances }: Writes,
  places: TenantWrites['places'],
  t: number,
): Shown[] {
  return instances
    .filter(({ entity, instance }) => visible(instance) && layout.entities.has(entity))
    .map(one => ({ ...one, t, fresh: places.get(addressText(one)) === 'nowhere' }))
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

function byTable<T, W extends Written>(
  tables: ReadonlyMap<number, T>,
  list: readonly W[],
): readonly (readonly [T, W[]])[] {
  const groups = new Map<T, W[]>()
  for (const one of list) {
    const table = tables.get(one.entity)
    if (!table) continue
    const group = groups.get(table)
    if (group) group.push(one)
    else groups.set(table, [one])
  }
  return [...groups]
}

function saveHeads(send: Send, tenants: readonly string[], all: readonly TenantWrites[]): void {
  const heads = all.map(({ writes }) => writes.head)
  send(
    `update zg.head h set seq = u.seq, hlc = u.hlc
    from unnest($1::text[], $2::bigint[], $3::uuid[]) as u(tenant, seq, hlc) where h.tenant = u.tenant`,
    [
      tenants,
      plainArray(heads.map(({ seq }) => seq)),
      plainArray(heads.map(({ hlc }) => (hlc === null ? 'NULL' : hlcToUuid(hlc)))),
    ],
  )
}

function saveEntries(send: Send, tenants: readonly string[], all: readonly TenantWrites[]): void {
  const entries = all.flatMap(({ writes }) => writes.entries)
  if (!entries.length) return
  send(
    `insert into zg.log (tenant, seq, id, entity, key, change, before, last)
    select ($1::text[])[u.t], u.seq, u.id, u.entity, u.key, u.change::json, u.before::json, u.last
    from unnest($2::int[], $3::bigint[], $4::uuid[], $5::int[], $6::text[], ${jsonList(7)}, ${jsonList(8)}, $9::boolean[])
      as u(t, seq, id, entity, key, change, before, last)`,
    [
      tenants,
      plainArray(all.flatMap(({ writes }, i) => writes.entries.map(() => i + 1))),
      plainArray(entries.map(({ seq }) => seq)),
      plainArray(entries.map(({ change }) => hlcToUuid(change.id))),
      plainArray(entries.map(({ change }) => change.entity)),
      textArray(entries.map(({ change }) => change.key)),
      jsonLines(entries.map(({ change }) => change)),
      jsonLines(entries.map(({ before }) => before)),
      plainArray(entries.map(({ last }) => last)),
    ],
  )
}

function saveTombstones(send: Send, tenant: string, dead: readonly Written[]): void {
  if (!dead.length) return
  send(
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

function saveRows(send: Send, table: EntityTable, tenants: readonly string[], rows: readonly Shown[]): void {
  for (const how of ['insert', 'upsert'] as const) {
    const list = rows.filter(({ fresh }) => fresh === (how === 'insert'))
    if (!list.length) continue
    const encoded = list.map(({ instance }) => encodeRow(table, instance))
    send(rowsText(table, how), [
      tenants,
      plainArray(list.map(({ t }) => t)),
      textArray(list.map(({ key }) => key)),
      jsonLines(encoded.map(({ state }) => state)),
      ...ownColumns(table).map((_, column) => textArray(encoded.map(({ values }) => values[column] ?? null))),
    ])
  }
}

/** A new row's texts are as folded before it came, or empty until they are; an old one's stay as they are. */
function rowsText(table: EntityTable, how: 'insert' | 'upsert'): string {
  const { sql } = table
  const columns = ownColumns(table)
  const names = columns.map(({ name }) => quoted(name))
  const texts = table.columns.filter(({ field }) => field.crdt === 'text')
  const lists = ['$2::int[]', '$3::text[]', jsonList(4), ...columns.map((_, i) => `$${i + 5}::text[]`)]
  const values = [
    '($1::text[])[u.t]',
    'u.id',
    'u.state::jsonb',
    ...columns.map(({ cast }, i) => `u.c${i}::${cast}`),
    ...texts.map(
      ({ field }) => `coalesce((
        select f.plain from zg.text_fold f
        where f.tenant = ($1::text[])[u.t] and f.key = u.id and f.entity = ${table.view.ir.number} and f.field = ${field.number}
        order by f.seq desc limit 1
      ), '')`,
    ),
  ]
  const renewed = ['_state', ...names].map(name => `${name} = excluded.${name}`).join(', ')
  return `insert into ${sql} (${['tenant', 'id', '_state', ...names, ...texts.map(({ name }) => quoted(name))].join(', ')})
    select ${values.join(', ')}
    from unnest(${lists.join(', ')}) as u(${['t', 'id', 'state', ...columns.map((_, i) => `c${i}`)].join(', ')})
    ${how === 'insert' ? '' : `on conflict (tenant, id) do update set ${renewed}`}`
}

function deleteRows(send: Send, { sql }: EntityTable, tenant: string, dead: readonly Address[]): void {
  send(`delete from ${sql} where tenant = $1 and id = any($2::text[])`, [tenant, dead.map(({ key }) => key)])
}

/**
 * Edges of dead rows leave their table: nobody will see them again. Their tags stay in `waiting`, because the log
 * may still be asked how things were before.
 */
function hideEdges(
  send: Send,
  layout: Layout,
  { relation, sql, from, to }: EdgeTable,
  tenant: string,
  dead: readonly Address[],
): void {
  const ids = dead
    .filter(({ entity }) => {
      const name = layout.entities.get(entity)?.view.name
      return name === relation.from || name === relation.to
    })
    .map(({ key }) => key)
  if (!ids.length) return
  const [one, other] = [quoted(from), quoted(to)]
  const cell = `jsonb_build_object('0', jsonb_build_object('kind', 'edge', 'tags', _state -> 'tags'))`
  send(
    `with gone as (
        delete from ${sql} where tenant = $1 and (${one} = any($2::text[]) or ${other} = any($2::text[]))
        returning ${one} || '|' || ${other} as key, _state
      )
      insert into zg.waiting (tenant, entity, key, state)
      select $1::text, ${relation.number}, key, jsonb_build_object('born', null, 'dead', null, 'cells', ${cell}) from gone
      on conflict (tenant, entity, key) do update set state = excluded.state`,
    [tenant, ids],
  )
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

function upsertEdges(
  send: Send,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): void {
  send(
    `insert into ${sql} (tenant, ${quoted(from)}, ${quoted(to)}, _state)
    select $1::text, u."from", u."to", jsonb_build_object('tags', u.tags::jsonb)
    from unnest($2::text[], $3::text[], $4::text[]) as u("from", "to", tags)
    on conflict (tenant, ${quoted(from)}, ${quoted(to)}) do update set _state = excluded._state`,
    [tenant, ...endLists(edges), edges.map(({ instance }) => JSON.stringify(edgeTags(instance)))],
  )
}

function deleteEdges(
  send: Send,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): void {
  send(
    `delete from ${sql} e using unnest($2::text[], $3::text[]) as u("from", "to")
    where e.tenant = $1 and e.${quoted(from)} = u."from" and e.${quoted(to)} = u."to"`,
    [tenant, ...endLists(edges)],
  )
}

function endLists(edges: readonly Address[]): readonly [string[], string[]] {
  const ends = edges.map(({ key }) => parseEdgeKey(key))
  return [ends.map(end => end?.from ?? ''), ends.map(end => end?.to ?? '')]
}

function startWaiting(send: Send, tenant: string, list: readonly Written[]): void {
  if (!list.length) return
  send(
    `insert into zg.waiting (tenant, entity, key, state)
    select $1::text, u.entity::int, u.key, u.state::jsonb
    from unnest($2::text[], $3::text[], $4::text[]) as u(entity, key, state)
    on conflict (tenant, entity, key) do update set state = excluded.state`,
    [tenant, ...addressLists(list), list.map(({ instance }) => JSON.stringify(instance satisfies Instance))],
  )
}

function stopWaiting(send: Send, tenant: string, list: readonly Written[]): void {
  if (!list.length) return
  send(
    `delete from zg.waiting w using unnest($2::int[], $3::text[]) as u(entity, key)
    where w.tenant = $1 and w.entity = u.entity and w.key = u.key`,
    [tenant, ...addressLists(list)],
  )
}

function addressLists(list: readonly Address[]): readonly [string[], string[]] {
  return [list.map(({ entity }) => String(entity)), list.map(({ key }) => key)]
}

function saveClaims(send: Send, tenant: string, claims: Writes['claims']): void {
  // Of several lines about one value the last one counts.
  const final = [...new Map(claims.map(claim => [`${claim.index}/${claim.value}`, claim])).values()]
  const released = final.filter(({ id }) => id === null)
  const taken = final.filter(({ id }) => id !== null)
  const lists = (list: Writes['claims']) => [list.map(({ index }) => index), list.map(({ value }) => value)]
  if (released.length) {
    send(
      `delete from zg.claim c using unnest($2::text[], $3::text[]) as u(index, value)
      where c.tenant = $1 and c.index = u.index and c.value = u.value`,
      [tenant, ...lists(released)],
    )
  }
  if (taken.length) {
    send(
      `insert into zg.claim (tenant, index, value, id)
      select $1::text, u.index, u.value, u.id from unnest($2::text[], $3::text[], $4::text[]) as u(index, value, id)
      on conflict (tenant, index, value) do update set id = excluded.id`,
      [tenant, ...lists(taken), taken.map(({ id }) => id)],
    )
  }
}

function expireVerdicts(send: Send, tenant: string, { clients, before, limit }: Expiry): void {
  send(
    `delete from zg.verdict where ctid = any(array(
      select ctid from zg.verdict
      where tenant = $1 and at < to_timestamp($2::double precision / 1000) and starts_with(client, $3)
      order by at limit $4::int
    ))`,
    [tenant, before, clients, limit],
  )
}

function saveVerdicts(send: Send, tenant: string, verdicts: Writes['verdicts']): void {
  if (!verdicts.length) return
  const details = verdicts.map(
    ({ verdict: { status, ...detail }, ids }): VerdictDetail => ({ ...detail, ids }),
  )
  send(
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

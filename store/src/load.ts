import type { Address, ClaimKey, Logged, Reference } from '@zg/core/act/needs'
import { type Hlc, hlcToUuid, uuidToHlc } from '@zg/core/change/clock'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING, type Tags } from '@zg/core/change/instance'
import { referredEntities } from '@zg/core/ir/refer'
import type { Json } from '@zg/core/json'
import type { BatchFacts, BatchNeeds, Client, StoredVerdict, VerdictKey } from '@zg/core/ports/storage'
import type { Verdict } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import { decodeRow, edgeInstance, type RowState } from './codec.ts'
import type { Session, SqlRow } from './session.ts'
import { type EdgeTable, type EntityTable, type Layout, quoted } from './tables/layout.ts'

/**
 * References that are read per target and field. More than a mutation may change (10,000), so that whoever counts
 * sees that there are too many.
 */
const INBOUND_LIMIT = 10_001

/** One statement per table touched and two for what is not found there; never more, however much is asked. */
export async function loadFacts(
  session: Session,
  layout: Layout,
  tenant: string,
  needs: BatchNeeds,
): Promise<BatchFacts> {
  const [instances, inbound, claims, stamps, verdicts, clients] = await together([
    loadInstances(session, layout, tenant, needs.instances),
    loadInbound(session, layout, tenant, needs.inbound),
    loadClaims(session, tenant, needs.claims),
    loadStamps(session, tenant, needs.stamps),
    loadVerdicts(session, tenant, needs.verdicts),
    loadClients(session, tenant, needs.clients),
  ])
  return { instances, inbound, claims, stamps, verdicts, clients }
}

/** As `Promise.all`, but waits for all: no statement outlives its transaction when another one fails. */
export async function together<T extends readonly unknown[]>(
  work: {
    readonly [K in keyof T]: Promise<T[K]>
  },
): Promise<T> {
  await Promise.allSettled(work)
  return (await Promise.all(work)) as unknown as T
}

export function addressText({ entity, key }: Address): string {
  return `${entity}/${key}`
}

/** In the order asked. */
export async function loadInstances(
  session: Session,
  layout: Layout,
  tenant: string,
  addresses: readonly Address[],
): Promise<readonly Instance[]> {
  const found = new Map<string, Instance>()
  await together(
    [...byEntity(addresses)].map(async ([entity, keys]) => {
      const table = layout.entities.get(entity)
      const edges = layout.relations.get(entity)
      const loaded = table
        ? await loadRows(session, table, tenant, keys)
        : edges
          ? await loadEdges(session, edges, tenant, keys)
          : []
      for (const [key, instance] of loaded) found.set(addressText({ entity, key }), instance)
    }),
  )
  const missing = addresses.filter(address => !found.has(addressText(address)))
  if (missing.length) {
    for (const [key, instance] of await loadHidden(session, tenant, missing)) found.set(key, instance)
  }
  return addresses.map(address => found.get(addressText(address)) ?? NOTHING)
}

type Keyed = readonly (readonly [string, Instance])[]

function byEntity(addresses: readonly Address[]): ReadonlyMap<number, string[]> {
  const groups = new Map<number, string[]>()
  for (const { entity, key } of addresses) {
    const keys = groups.get(entity)
    if (keys) keys.push(key)
    else groups.set(entity, [key])
  }
  return groups
}

async function loadRows(
  session: Session,
  table: EntityTable,
  tenant: string,
  ids: readonly string[],
): Promise<Keyed> {
  const columns = table.columns.map(({ name }) => `, ${quoted(name)}`).join('')
  const text = `select id, _state${columns} from ${table.sql} where tenant = $1 and id = any($2::text[])`
  const rows = await session.query<SqlRow & { id: string }>(text, [tenant, ids])
  return rows.map(row => {
    const state = row._state as unknown as RowState
    return [row.id, decodeRow(table, state, column => row[column] ?? null)]
  })
}

async function loadEdges(
  session: Session,
  { sql, from, to }: EdgeTable,
  tenant: string,
  keys: readonly string[],
): Promise<Keyed> {
  const ends = keys.flatMap(key => parseEdgeKey(key) ?? [])
  const text = `select e.key, e.tags
    from unnest($2::text[], $3::text[]) as u("from", "to")
    cross join lateral (
      select ${quoted(from)} || '|' || ${quoted(to)} as key, _state -> 'tags' as tags
      from ${sql} where tenant = $1 and ${quoted(from)} = u."from" and ${quoted(to)} = u."to" limit 1
    ) e`
  const values = [tenant, ends.map(end => end.from), ends.map(end => end.to)]
  const rows = await session.query<{ key: string; tags: Json & Tags }>(text, values)
  return rows.map(({ key, tags }) => [key, edgeInstance(tags)])
}

/** What has no line in a projection: the dead, and what waits unseen. By address. */
async function loadHidden(session: Session, tenant: string, addresses: readonly Address[]): Promise<Keyed> {
  const keys = addresses.map(({ key }) => key)
  const [dead, waiting] = await together([
    session.query<{ id: string; change: string }>(
      'select id, change from zg.tombstone where tenant = $1 and id = any($2::text[])',
      [tenant, keys],
    ),
    session.query<{ entity: number; key: string; state: Json }>(
      `select w.entity, w.key, w.state
      from unnest($2::int[], $3::text[]) as u(entity, key)
      cross join lateral (
        select * from zg.waiting where tenant = $1 and entity = u.entity and key = u.key limit 1
      ) w`,
      [tenant, addresses.map(({ entity }) => String(entity)), keys],
    ),
  ])
  const tombstones = new Map(dead.map(({ id, change }) => [id, uuidToHlc(change)]))
  const found = new Map<string, Instance>()
  for (const { state, ...address } of waiting) found.set(addressText(address), state as unknown as Instance)
  for (const address of addresses) {
    const change = tombstones.get(address.key)
    if (change !== undefined) found.set(addressText(address), { born: null, dead: change, cells: {} })
  }
  return [...found]
}

/** Per target in the order asked; each list ordered by entity, field and key. One statement per to-one column. */
async function loadInbound(
  session: Session,
  layout: Layout,
  tenant: string,
  targets: readonly Address[],
): Promise<readonly (readonly Reference[])[]> {
  const lists = new Map<string, Reference[]>(targets.map(target => [addressText(target), []]))
  const groups = byEntity(targets)
  const columns = [...groups].flatMap(([target, ids]) =>
    referrers(layout, target).map(column => ({ target, ids, ...column })),
  )
  const loaded = await together(
    columns.map(({ table, column, ids }) =>
      session.query<{ target: string; id: string }>(
        `select u.id as target, r.id from unnest($2::text[]) as u(id)
        cross join lateral (
          select id from ${table.sql} where tenant = $1 and ${quoted(column)} = u.id order by id limit ${INBOUND_LIMIT}
        ) r order by r.id`,
        [tenant, [...new Set(ids)]],
      ),
    ),
  )
  columns.forEach(({ target, table, field }, i) => {
    for (const { target: id, id: key } of loaded[i] ?? []) {
      lists.get(addressText({ entity: target, key: id }))?.push({ entity: table.view.ir.number, key, field })
    }
  })
  return targets.map(target => lists.get(addressText(target)) ?? [])
}

interface Referrer {
  readonly table: EntityTable
  readonly column: string
  readonly field: number
}

/** The to-one columns that may hold ids of an entity. */
function referrers(layout: Layout, target: number): readonly Referrer[] {
  const name = layout.entities.get(target)?.view.name
  return [...layout.entities.values()].flatMap(table =>
    table.columns
      .filter(({ field }) => name !== undefined && referredEntities(field.type).includes(name))
      .map(column => ({ table, column: column.name, field: column.field.number })),
  )
}

async function loadClaims(
  session: Session,
  tenant: string,
  keys: readonly ClaimKey[],
): Promise<readonly (string | null)[]> {
  if (!keys.length) return []
  const rows = await session.query<{ index: string; value: string; id: string }>(
    `select c.index, c.value, c.id
    from unnest($2::text[], $3::text[]) as u(index, value)
    cross join lateral (
      select * from zg.claim where tenant = $1 and index = u.index and value = u.value limit 1
    ) c`,
    [tenant, keys.map(key => key.index), keys.map(key => key.value)],
  )
  const holders = new Map(rows.map(({ index, value, id }) => [`${index}/${value}`, id]))
  return keys.map(({ index, value }) => holders.get(`${index}/${value}`) ?? null)
}

async function loadStamps(
  session: Session,
  tenant: string,
  stamps: readonly Hlc[],
): Promise<readonly (Logged | null)[]> {
  if (!stamps.length) return []
  const rows = await session.query<{ id: string; seq: string; client: string }>(
    `select l.id, l.seq, l.change -> 'mutation' ->> 'client' as client
    from unnest($2::text[]) as u(id)
    cross join lateral (select * from zg.log where tenant = $1 and id = u.id::uuid limit 1) l`,
    [tenant, stamps.map(hlcToUuid)],
  )
  const found = new Map(rows.map(({ id, seq, client }) => [uuidToHlc(id), { seq: Number(seq), client }]))
  return stamps.map(stamp => found.get(stamp) ?? null)
}

/** From the end of the key's index: one look per client. */
async function loadClients(
  session: Session,
  tenant: string,
  clients: readonly Client[],
): Promise<readonly number[]> {
  if (!clients.length) return []
  const rows = await session.query<{ n: string | null }>(
    `select (
      select v.n from zg.verdict v where v.tenant = $1 and v."by" = u.by and v.client = u.client order by v.n desc limit 1
    ) as n
    from unnest($2::text[], $3::text[]) with ordinality as u(by, client, place) order by u.place`,
    [tenant, clients.map(({ by }) => by), clients.map(({ client }) => client)],
  )
  return rows.map(({ n }) => Number(n ?? 0))
}

async function loadVerdicts(
  session: Session,
  tenant: string,
  keys: readonly VerdictKey[],
): Promise<readonly (StoredVerdict | null)[]> {
  if (!keys.length) return []
  const rows = await session.query<VerdictRow>(
    `select v.by, v.client, v.n, v.body_hash, v.status, v.detail, v.seq
    from unnest($2::text[], $3::text[], $4::bigint[]) as u(by, client, n)
    cross join lateral (
      select * from zg.verdict where tenant = $1 and "by" = u.by and client = u.client and n = u.n limit 1
    ) v`,
    [tenant, keys.map(({ by }) => by), keys.map(({ client }) => client), keys.map(({ n }) => String(n))],
  )
  const stored = new Map(rows.map(row => [verdictText({ ...row, n: Number(row.n) }), storedVerdict(row)]))
  return keys.map(key => stored.get(verdictText(key)) ?? null)
}

type VerdictRow = {
  by: string
  client: string
  n: string
  body_hash: string
  status: Verdict['status']
  detail: Json
  seq: string
}

/** What `zg.verdict.detail` holds. */
export interface VerdictDetail {
  readonly problems: readonly Problem[]
  readonly ids: readonly string[]
  readonly superseded?: Verdict['superseded']
}

function storedVerdict({ body_hash, status, detail, seq }: VerdictRow): StoredVerdict {
  const { ids, ...rest } = detail as unknown as VerdictDetail
  return { bodyHash: body_hash, verdict: { status, ...rest }, ids, seq: Number(seq) }
}

function verdictText({ by, client, n }: VerdictKey): string {
  return JSON.stringify([by, client, n])
}

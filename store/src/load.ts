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
import { plainArray, textArray } from './parameter.ts'
import type { Session, SqlRow } from './session.ts'
import { type EdgeTable, type EntityTable, type Layout, quoted } from './tables/layout.ts'

/**
 * References that are read per target and field. More than a mutation may change (10,000), so that whoever counts
 * sees that there are too many.
 */
const INBOUND_LIMIT = 10_001

/** Where an instance stands: in its projection, unseen in `zg.waiting`, dead, or nowhere. */
export type Place = 'shown' | 'waiting' | 'dead' | 'nowhere'

interface Placed {
  readonly instance: Instance
  readonly place: Place
}

/** What is asked of one tenant. */
export interface Asked<T> {
  readonly tenant: string
  readonly needs: T
}

export interface LoadedFacts {
  readonly facts: BatchFacts
  /** By `needs.instances`. */
  readonly places: readonly Place[]
}

/**
 * For several tenants at once, in the order asked. All statements are sent together: one per table touched and one for
 * what no projection shows, and for each tenant those about references, claims and verdicts that it needs.
 */
export async function loadFacts(
  session: Session,
  layout: Layout,
  asked: readonly Asked<BatchNeeds>[],
): Promise<readonly LoadedFacts[]> {
  const [placed, rest] = await together([
    loadPlaced(
      session,
      layout,
      asked.map(({ tenant, needs }) => ({ tenant, needs: needs.instances })),
      { hidden: 'at once' },
    ),
    together(
      asked.map(({ tenant, needs }) =>
        together([
          loadInbound(session, layout, tenant, needs.inbound),
          loadClaims(session, tenant, needs.claims),
          loadStamps(session, tenant, needs.stamps),
          loadVerdicts(session, tenant, needs.verdicts),
          loadClients(session, tenant, needs.clients),
        ]),
      ),
    ),
  ])
  return asked.map((_, i) => {
    const [inbound = [], claims = [], stamps = [], verdicts = [], clients = []] = rest[i] ?? []
    const found = placed[i] ?? []
    return {
      facts: { instances: found.map(({ instance }) => instance), inbound, claims, stamps, verdicts, clients },
      places: found.map(({ place }) => place),
    }
  })
}

/** As `Promise.all`, but waits for all: no statement outlives its transaction when another one fails. */
async function together<T extends readonly unknown[]>(
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

/**
 * In the order asked. What no projection shows is looked for `at once`, without knowing whether there is any (writers:
 * one round trip), or `after`, and only if there is (readers: most rows are alive).
 */
async function loadPlaced(
  session: Session,
  layout: Layout,
  asked: readonly Asked<readonly Address[]>[],
  { hidden }: { readonly hidden: 'at once' | 'after' },
): Promise<readonly (readonly Placed[])[]> {
  const tenants = asked.map(({ tenant }) => tenant)
  const wanted = asked.flatMap(({ needs }, i) =>
    needs.map(({ entity, key }): Wanted => ({ tenant: i + 1, entity, key })),
  )
  const found: (Placed | undefined)[] = wanted.map(() => undefined)
  const note = (loaded: Numbered): void => {
    for (const [n, one] of loaded) found[n] ??= one
  }
  const shown = together(
    [...byEntity(wanted)].map(([entity, list]) => {
      const table = layout.entities.get(entity)
      const edges = layout.relations.get(entity)
      if (table) return loadRows(session, table, tenants, list)
      return edges ? loadEdges(session, edges, tenants, list) : Promise.resolve([])
    }),
  )
  const all = wanted.map((_, n) => n)
  if (hidden === 'at once') {
    const [lists, unseen] = await together([shown, loadHidden(session, tenants, wanted, all)])
    for (const list of lists) note(list)
    note(unseen)
  } else {
    for (const list of await shown) note(list)
    const missing = all.filter(n => found[n] === undefined)
    note(await loadHidden(session, tenants, wanted, missing))
  }
  let next = 0
  return asked.map(({ needs }) => needs.map(() => found[next++] ?? NOWHERE))
}

/** Of one tenant, in the order asked. */
export async function loadInstances(
  session: Session,
  layout: Layout,
  tenant: string,
  addresses: readonly Address[],
): Promise<readonly Instance[]> {
  const [found = []] = await loadPlaced(session, layout, [{ tenant, needs: addresses }], { hidden: 'after' })
  return found.map(({ instance }) => instance)
}

const NOWHERE: Placed = { instance: NOTHING, place: 'nowhere' }

/** An address, and its tenant as a number from 1 on. */
interface Wanted extends Address {
  readonly tenant: number
}

/** By the number of what was wanted. */
type Numbered = readonly (readonly [number, Placed])[]

/** Numbers of what is wanted, by entity. */
function byEntity(wanted: readonly Wanted[]): ReadonlyMap<number, (Wanted & { readonly n: number })[]> {
  const groups = new Map<number, (Wanted & { readonly n: number })[]>()
  wanted.forEach((one, n) => {
    const group = groups.get(one.entity)
    if (group) group.push({ ...one, n })
    else groups.set(one.entity, [{ ...one, n }])
  })
  return groups
}

async function loadRows(
  session: Session,
  table: EntityTable,
  tenants: readonly string[],
  wanted: readonly (Wanted & { readonly n: number })[],
): Promise<Numbered> {
  const columns = table.columns.map(({ name }) => `, ${quoted(name)}`).join('')
  const rows = await session.query<SqlRow & { n: string }>(
    `select u.n, r.*
    from unnest($2::int[], $3::text[]) with ordinality as u(t, id, n)
    cross join lateral (
      select _state${columns} from ${table.sql} where tenant = ($1::text[])[u.t] and id = u.id limit 1
    ) r`,
    [tenants, plainArray(wanted.map(({ tenant }) => tenant)), textArray(wanted.map(({ key }) => key))],
  )
  return rows.map(row => {
    const state = row._state as unknown as RowState
    const instance = decodeRow(table, state, column => row[column] ?? null)
    return [wanted[Number(row.n) - 1]?.n ?? 0, { instance, place: 'shown' }]
  })
}

async function loadEdges(
  session: Session,
  { sql, from, to }: EdgeTable,
  tenants: readonly string[],
  wanted: readonly (Wanted & { readonly n: number })[],
): Promise<Numbered> {
  const ends = wanted.flatMap(one => {
    const end = parseEdgeKey(one.key)
    return end ? [{ ...end, ...one }] : []
  })
  const rows = await session.query<{ n: string; tags: Json & Tags }>(
    `select u.n, e.tags
    from unnest($2::int[], $3::text[], $4::text[]) with ordinality as u(t, "from", "to", n)
    cross join lateral (
      select _state -> 'tags' as tags from ${sql}
      where tenant = ($1::text[])[u.t] and ${quoted(from)} = u."from" and ${quoted(to)} = u."to" limit 1
    ) e`,
    [
      tenants,
      plainArray(ends.map(({ tenant }) => tenant)),
      textArray(ends.map(end => end.from)),
      textArray(ends.map(end => end.to)),
    ],
  )
  return rows.map(({ n, tags }) => [
    ends[Number(n) - 1]?.n ?? 0,
    { instance: edgeInstance(tags), place: 'shown' },
  ])
}

/** What has no line in a projection: the dead, and what waits unseen. */
async function loadHidden(
  session: Session,
  tenants: readonly string[],
  wanted: readonly Wanted[],
  numbers: readonly number[],
): Promise<Numbered> {
  if (!numbers.length) return []
  const some = numbers.flatMap(n => wanted[n] ?? [])
  const rows = await session.query<{ n: string; dead: string | null; state: Json }>(
    `select u.n, h.dead, h.state
    from unnest($2::int[], $3::int[], $4::text[]) with ordinality as u(t, entity, key, n)
    cross join lateral (
      select change::text as dead, null::jsonb as state from zg.tombstone
      where tenant = ($1::text[])[u.t] and id = u.key
      union all
      select null, state from zg.waiting
      where tenant = ($1::text[])[u.t] and entity = u.entity and key = u.key
    ) h`,
    [
      tenants,
      plainArray(some.map(({ tenant }) => tenant)),
      plainArray(some.map(({ entity }) => entity)),
      textArray(some.map(({ key }) => key)),
    ],
  )
  // Of one that is dead and has something waiting, death counts.
  const graves = rows.filter(({ dead }) => dead !== null)
  return [...graves, ...rows].map(({ n, dead, state }): readonly [number, Placed] => [
    numbers[Number(n) - 1] ?? 0,
    dead === null
      ? { instance: state as unknown as Instance, place: 'waiting' }
      : { instance: { born: null, dead: uuidToHlc(dead), cells: {} }, place: 'dead' },
  ])
}

/** Per target in the order asked; each list ordered by entity, field and key. One statement per to-one column. */
async function loadInbound(
  session: Session,
  layout: Layout,
  tenant: string,
  targets: readonly Address[],
): Promise<readonly (readonly Reference[])[]> {
  const lists = new Map<string, Reference[]>(targets.map(target => [addressText(target), []]))
  const groups = new Map<number, string[]>()
  for (const { entity, key } of targets) {
    const ids = groups.get(entity)
    if (ids) ids.push(key)
    else groups.set(entity, [key])
  }
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

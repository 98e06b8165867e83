import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import { type Catalog, catalog as catalogOf } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import { canonical, type Json } from '@zg/core/json'
import { holdsState } from '../codec.ts'
import { addressText, loadInstances } from '../load.ts'
import type { Database, Session } from '../session.ts'
import { type Layout, layout as layoutOf } from '../tables/layout.ts'
import { claimsOf } from './claims.ts'
import { compareFolds, compareUpdates } from './compareTexts.ts'
import { eachTenant, type OnProgress } from './rebuild.ts'
import { type Told, told } from './told.ts'

/** Differences that are told one by one; the rest is counted. */
const SHOWN = 1_000

export interface Comparison {
  /** Entries of the log. */
  readonly entries: number
  /** In words, one line each; none: the tables hold exactly what the log says. */
  readonly differences: readonly string[]
}

/**
 * Compares the tables with what the log alone says, as `rebuild` would make them: each tenant in one snapshot, so that
 * writers need not stop. O(log), and memory for one page and the tombstones.
 */
export async function compare(
  database: Database,
  model: ModelIR,
  progress: OnProgress = () => {},
): Promise<Comparison> {
  const catalog = catalogOf(model)
  const layout = layoutOf(model)
  const differences: string[] = []
  const entries = await eachTenant(database, progress, (tenant, read) =>
    database.transaction('migration', async session => {
      await session.query('set transaction isolation level repeatable read, read only')
      for (const difference of await compareTenant(session, catalog, layout, tenant, read))
        if (differences.push(`${tenant}: ${difference}`) >= SHOWN) return
    }),
  )
  return { entries, differences }
}

async function compareTenant(
  session: Session,
  catalog: Catalog,
  layout: Layout,
  tenant: string,
  read: (entries: number) => void,
): Promise<readonly string[]> {
  const differences: string[] = []
  const lines = new Map<string, number>()
  const count = (table: string | undefined, more = 1): void => {
    if (table !== undefined) lines.set(table, (lines.get(table) ?? 0) + more)
  }
  for (const { sql } of [...layout.entities.values(), ...layout.relations.values()]) count(sql, 0)
  for (const table of ['zg.tombstone', 'zg.claim', 'zg.text']) count(table, 0)
  const dead = new Set<string>()
  for (const what of ['rows', 'edges'] as const) {
    for await (const { instances, updates } of told(session, tenant, what, read)) {
      differences.push(...(await compareInstances(session, layout, tenant, instances)))
      const claims = claimsOf(catalog, instances)
      differences.push(...(await compareClaims(session, tenant, claims)))
      count('zg.claim', claims.length)
      const texts = await compareUpdates(session, tenant, updates)
      differences.push(...texts.differences)
      count('zg.text', texts.living)
      for (const { entity, key, instance } of instances) {
        if (instance.dead !== null) {
          dead.add(key)
          count('zg.tombstone')
        }
        const ends = parseEdgeKey(key)
        // Edges of dead rows are seen no more (docs/decisions/004).
        if (!visible(instance) || (ends && (dead.has(ends.from) || dead.has(ends.to)))) continue
        count((ends ? layout.relations : layout.entities).get(entity)?.sql)
      }
    }
  }
  for (const [table, expected] of lines) {
    const [found] = await session.query<{ n: string }>(
      `select count(*) as n from ${table} where tenant = $1`,
      [tenant],
    )
    if (Number(found?.n) !== expected)
      differences.push(`${table} has ${found?.n} lines, and the log says ${expected}`)
  }
  return [...differences, ...(await compareFolds(session, layout, tenant))]
}

async function compareInstances(
  session: Session,
  layout: Layout,
  tenant: string,
  page: readonly Told[],
): Promise<readonly string[]> {
  const found = await loadInstances(session, layout, tenant, page)
  return page.flatMap((one, i) =>
    isSame(one.instance, found[i] ?? NOTHING) ? [] : [`${addressText(one)} is not what the log says`],
  )
}

/** An edge that has lost its last tag is kept nowhere. */
function isSame(one: Instance, other: Instance): boolean {
  if (!holdsState(one) && !holdsState(other)) return true
  return canonical(one as unknown as Json) === canonical(other as unknown as Json)
}

async function compareClaims(
  session: Session,
  tenant: string,
  claims: ReturnType<typeof claimsOf>,
): Promise<readonly string[]> {
  if (claims.length === 0) return []
  const rows = await session.query<{ n: string }>(
    `select u.n from unnest($2::text[], $3::text[], $4::text[]) with ordinality as u(index, value, id, n)
    left join zg.claim c on c.tenant = $1 and c.index = u.index and c.value = u.value
    where c.id is distinct from u.id order by u.n`,
    [tenant, claims.map(({ index }) => index), claims.map(({ value }) => value), claims.map(({ id }) => id)],
  )
  return rows.flatMap(({ n }) => {
    const claim = claims[Number(n) - 1]
    return claim ? [`${claim.id} does not hold its unique value ${claim.value}`] : []
  })
}

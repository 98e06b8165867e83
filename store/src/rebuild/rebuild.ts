import { type Catalog, catalog as catalogOf } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import type { Writes } from '@zg/core/ports/storage'
import { addressText, type Place } from '../load.ts'
import { saveWrites } from '../save.ts'
import type { Database, Session } from '../session.ts'
import { type Layout, layout as layoutOf } from '../tables/layout.ts'
import { insertUpdates } from '../text/save.ts'
import { claimsOf } from './claims.ts'
import { foldAll } from './folds.ts'
import { type Told, told } from './told.ts'

/** How many entries of all logs were read. */
export type OnProgress = (progress: {
  readonly done: number
  readonly total: number
  readonly tenant: string
}) => void

/**
 * Makes the tables anew from the log: rows, edges, what waits unseen, texts, tombstones and unique values. Each tenant in one
 * transaction under its lock, so that its writers wait and its readers see the old until the new is whole. Texts are
 * opened and folded here, so that the tables show them at once. Answers the number of entries. O(log), and memory for one
 * page and one text.
 */
export async function rebuild(database: Database, model: ModelIR, progress: OnProgress): Promise<number> {
  const catalog = catalogOf(model)
  const layout = layoutOf(model)
  return eachTenant(database, progress, async (tenant, read) =>
    database.transaction('migration', async session => {
      await session.query('select from zg.head where tenant = $1 for update', [tenant])
      await clear(session, layout, tenant)
      // Edges come last, so that those of dead rows are not shown first and hidden then.
      for (const what of ['rows', 'edges'] as const) {
        for await (const { instances, updates } of told(session, tenant, what, read)) {
          // Those of rows that are dead go with them.
          await Promise.all(insertUpdates(session, tenant, updates))
          await put(session, catalog, layout, tenant, instances)
        }
      }
      await foldAll(session, layout, tenant)
    }),
  )
}

/** Calls `work` for one tenant after the other. Answers the number of entries that it has read. */
export async function eachTenant(
  database: Database,
  progress: OnProgress,
  work: (tenant: string, read: (entries: number) => void) => Promise<unknown>,
): Promise<number> {
  const heads = await database.query<{ tenant: string; seq: string }>(
    'select tenant, seq from zg.head order by tenant',
  )
  const total = heads.reduce((sum, { seq }) => sum + Number(seq), 0)
  let done = 0
  for (const { tenant } of heads) {
    await work(tenant, entries => {
      done += entries
      progress({ done: Math.min(done, total), total, tenant })
    })
  }
  return done
}

async function clear(session: Session, { entities, relations }: Layout, tenant: string): Promise<void> {
  const tables = [...entities.values(), ...relations.values()].map(({ sql }) => sql)
  const texts = ['zg.text', 'zg.text_fold', 'zg.text_due']
  for (const table of [...tables, ...texts, 'zg.waiting', 'zg.tombstone', 'zg.claim'])
    await session.query(`delete from ${table} where tenant = $1`, [tenant])
}

async function put(
  session: Session,
  catalog: Catalog,
  layout: Layout,
  tenant: string,
  instances: readonly Told[],
): Promise<void> {
  const writes: Writes = {
    head: { seq: 0, hlc: null },
    entries: [],
    instances,
    claims: claimsOf(catalog, instances),
    verdicts: [],
  }
  const places = new Map(instances.map((one): [string, Place] => [addressText(one), 'nowhere']))
  await saveWrites(session, layout, [{ tenant, writes, places }])
}

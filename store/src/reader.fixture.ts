import { heldBy } from '@zg/core/ports/held.fixture'
import { chanceOf } from '@zg/core/ports/reader.suite'
import type { ReaderHarness } from '@zg/core/ports/reading.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Storage } from '@zg/core/ports/storage'
import { type Fixture, films } from '@zg/core/query/films.suite'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'

/** How many random queries, and as many aggregates, are held against those in memory: `ZG_PARITY=100000` on demand. */
export const PARITY = chanceOf(Number(process.env.ZG_PARITY ?? 1_600))

/** A SQL reader whose rows came in as a writer's do: through the storage, each load into a tenant of its own. */
export async function sqlHarness(database: Database): Promise<ReaderHarness> {
  await migrate(database, films.model)
  const storage = await sqlStorage(database, films)
  const reader = sqlReader(database, films, storage.log)
  let tenants = 0
  return {
    load: async fixture => {
      const tenant = `r${++tenants}`
      await fill(storage, tenant, fixture)
      return { reader, scope: { tenant, principal: ANONYMOUS } }
    },
  }
}

async function fill(storage: Storage, tenant: string, fixture: Fixture): Promise<void> {
  const instances = heldBy(fixture).map(held => ({ ...held, seq: 0 }))
  const head = { seq: 0, hlc: null }
  await storage.batch([tenant], { wait: true }, batch =>
    batch.save(tenant, { head, entries: [], instances, claims: [], verdicts: [] }),
  )
}

import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { migrate } from '../migrate.ts'
import { sqlReader } from '../reader.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import { expectFeed, expectRows, play } from './play.fixture.ts'

let database: Database
let storage: Storage
beforeAll(async () => {
  database = await memoryDatabase()
  await migrate(database, films.model)
  storage = await sqlStorage(database, films)
})
afterAll(() => database.close())

let runs = 0

test('any history: PGlite shows and logs what memory does', async () => {
  const reader = sqlReader(database, films, storage.log)
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.constantFrom(1, 3, 1_000), async (history, draw, limit) => {
      const tenants = [`one${++runs}`, `two${runs}`]
      const mutations = mutationsOf(history, tenants)
      const memory = memoryStorage({ catalog: films, log: storage.log })
      const source = projections(films, tenant => memory.tenant(tenant))
      const beside = memoryReader({ catalog: films, log: storage.log, source })
      await play(memory, mutations, tenants, oracles => expectRows(beside, oracles))

      const entries: Storage['entries'] = (tenant, after) => storage.entries(tenant, after, limit)
      // A guess that was in vain is judged once more, with other stamps: then only what is shown can be compared.
      const isExact = draw % 2 === 0
      const batch: Storage['batch'] = (tenants, options, work) =>
        storage.batch(tenants, { ...options, brief: options.brief === true && !isExact }, work)
      const pieces: Storage = { ...storage, entries, batch }
      const played = await play(pieces, mutations, tenants, oracles => expectRows(reader, oracles))
      await expectFeed(played, storage.log, draw)
      if (isExact) for (const tenant of tenants) await expectSame(memory, tenant, draw, limit)
    }),
    { numRuns: 15 },
  )
})

/** Entry by entry, image by image, in pieces from any end of a mutation. */
async function expectSame(memory: Storage, tenant: string, draw: number, limit: number): Promise<void> {
  const read = (from: Storage, after: number, limit: number) =>
    from.view(tenant, view => view.read(after, limit))
  const whole = await read(storage, 0, 1_000_000)
  expect(whole).toEqual(await read(memory, 0, 1_000_000))
  const ends = [0, ...whole.entries.filter(({ last }) => last).map(({ seq }) => seq)]
  const after = ends[draw % ends.length] ?? 0
  expect(await read(storage, after, limit)).toEqual(await read(memory, after, limit))
}

import { NOTHING } from '@zg/core/change/instance'
import { films } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openStore, type Store } from '../store.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import { expectPushes } from './ledger.fixture.ts'
import { deeds, playPushes } from './pushes.fixture.ts'
import { expectSound } from './sound.fixture.ts'

describePg('two gateways on one Postgres', () => {
  let database: TestDatabase
  let gateways: readonly { readonly own: Database; readonly store: Store }[]
  const open = async () => {
    const own = await openDatabase({ url: database.url })
    return { own, store: await openStore(own, films.model) }
  }
  beforeAll(async () => {
    database = await freshDatabase()
    gateways = await Promise.all([open(), open()])
  })
  afterAll(async () => {
    for (const { store, own } of gateways) {
      await store.close()
      await own.close()
    }
    await database.drop()
  })

  test('any pushes, sent again and again to either, count once, as the log says they must', async () => {
    const [one, other] = gateways as [(typeof gateways)[0], (typeof gateways)[0]]
    const storage = await sqlStorage(one.own, films)
    let runs = 0
    let turn = 0
    const writer = () => (++turn % 2 ? one : other).store.writer
    await fc.assert(
      fc.asyncProperty(histories, deeds, async (history, plan) => {
        const tenants = [`r${++runs}`, `s${runs}`]
        const batches = mutationsOf(history, tenants)
        const posted = await playPushes(writer, Date.now, plan, batches, tenants, async () => {})
        for (const tenant of tenants) {
          const { entries, images } = await storage.view(tenant, view => view.read(0, 1_000_000))
          const own = posted.filter(({ scope }) => scope.tenant === tenant)
          expectPushes(entries, own)
          expectSound(entries, key => images.get(key) ?? NOTHING, runs)
        }
      }),
      { numRuns: 20 },
    )
  }, 60_000)
})

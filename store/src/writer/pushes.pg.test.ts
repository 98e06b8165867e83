import { NOTHING } from '@zg/core/change/instance'
import { films } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { test } from 'vitest'
import { describePg } from '../../../scripts/testing/pg.ts'
import { twoGateways } from '../gateways.fixture.ts'
import { sqlStorage } from '../storage.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import { expectPushes } from './ledger.fixture.ts'
import { deeds, playPushes } from './pushes.fixture.ts'
import { expectSound } from './sound.fixture.ts'

describePg('two gateways on one Postgres', () => {
  const gateways = twoGateways()

  test('any pushes, sent again and again to either, count once, as the log says they must', async () => {
    const [one, other] = gateways()
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

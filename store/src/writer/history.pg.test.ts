import { films } from '@zg/core/ports/ports.suite'
import type { Mutation } from '@zg/core/ports/writer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describePg } from '../../../scripts/testing/pg.ts'
import { twoGateways } from '../gateways.fixture.ts'
import { sqlStorage } from '../storage.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import type { Oracle } from './oracle.fixture.ts'
import { inOrder, type Settled } from './order.fixture.ts'
import { expectRows } from './play.fixture.ts'

describePg('two gateways on one Postgres', () => {
  const gateways = twoGateways()

  let runs = 0

  test('every outcome is that of one order, the order of the log, and both show the same rows', async () => {
    const [one, other] = gateways()
    const storage = await sqlStorage(one.own, films)
    const run = fc.asyncProperty(histories, fc.nat(), async (history, draw) => {
      const tenants = [`one${++runs}`, `two${runs}`]
      // Retries are answered from the past, which is no part of this order.
      const mutations = mutationsOf(history, tenants).map(batch =>
        batch.map(({ scope, acts }) => ({ scope, acts })),
      )
      const [beginnings = [], ...rest] = mutations
      const commit = async (mutation: Mutation, i: number): Promise<Settled> => {
        const { writer } = ((draw + i) % 2 ? one : other).store
        return { mutation, outcome: await writer.commit(mutation) }
      }
      const settled = await Promise.all(beginnings.map(commit))
      settled.push(...(await Promise.all(rest.flat().map(commit))))
      const oracles = new Map<string, Oracle>()
      for (const tenant of tenants) {
        const own = settled.filter(({ mutation }) => mutation.scope.tenant === tenant)
        oracles.set(tenant, inOrder(tenant, own))
        const { entries } = await storage.entries(tenant, 0, 1_000_000)
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
        const stamps = entries.map(({ change }) => change.id)
        expect(stamps).toEqual([...new Set(stamps)].sort())
      }
      await expectRows(one.store.reader, oracles)
      await expectRows(other.store.reader, oracles)
    })
    await fc.assert(run, { numRuns: 40 })
  })
})

import { films } from '@zg/core/ports/ports.suite'
import type { Mutation } from '@zg/core/ports/writer'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openStore, type Store } from '../store.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import type { Oracle } from './oracle.fixture.ts'
import { inOrder, type Settled } from './order.fixture.ts'
import { expectRows } from './play.fixture.ts'

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

  let runs = 0

  test('every outcome is that of one order, the order of the log, and both show the same rows', async () => {
    const [one, other] = gateways as [(typeof gateways)[0], (typeof gateways)[0]]
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

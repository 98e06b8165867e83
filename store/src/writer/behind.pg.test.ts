import { createClock } from '@zg/core/change/clock'
import { film, films, freshScope, increment, update } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import type { Mutation, Push } from '@zg/core/ports/writer'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import { migrate } from '../migrate.ts'
import { sqlReader } from '../reader.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { histories, type Intent, mutationsOf } from './history.fixture.ts'
import type { Oracle } from './oracle.fixture.ts'
import { inOrder, type Settled } from './order.fixture.ts'
import { expectRows, fakeHost, play } from './play.fixture.ts'
import { createWriter } from './writer.ts'

/** Statements that commit themselves are sent so many turns of the event loop later, in order: long enough to be overtaken by reads. */
function late(database: Database, turns: () => number): Database {
  return {
    ...database,
    line: () => {
      const line = database.line()
      let last = Promise.resolve()
      return {
        commit: (text, values) => {
          last = last.then(async () => {
            for (let turn = turns(); turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
          })
          return last.then(() => line.commit(text, values))
        },
      }
    },
  }
}

/** How many batches were begun behind another one. */
function counted(storage: Storage): { readonly storage: Storage; behind(): number } {
  let behind = 0
  return {
    behind: () => behind,
    storage: {
      ...storage,
      batch: (tenants, options, work) => {
        if (options.behind) behind++
        return storage.batch(tenants, options, work)
      },
    },
  }
}

const isBrief = ({ acts }: Intent): boolean =>
  acts.every(act => act.kind !== 'delete' && Object.values(act.fields).every(({ kind }) => kind !== 'alter'))

/** All that follows the beginnings at once, mostly what can be sent without the lock. */
const bursts = fc
  .tuple(fc.array(histories, { minLength: 4, maxLength: 6 }), fc.boolean())
  .map(([some, brief]): readonly (readonly Intent[])[] => {
    const [[beginnings = []] = []] = some
    const rest = some.flatMap(([, ...more]) => more.flat())
    return [beginnings, brief ? rest.filter(isBrief) : rest]
  })

/** So that there are many batches. */
const SMALL = { small: 0, worth: 1, most: 3, row: 9 }

describePg('batches sent behind others that are on their way', () => {
  let server: TestDatabase
  let one: Database
  let other: Database
  let turns = (): number => 0
  beforeAll(async () => {
    server = await freshDatabase()
    one = late(await openDatabase({ url: server.url }), () => turns())
    other = late(await openDatabase({ url: server.url }), () => turns())
    await migrate(one, films.model)
  })
  afterAll(async () => {
    await one.close()
    await other.close()
    await server.drop()
  })

  const delays = fc.array(fc.nat(30), { minLength: 1, maxLength: 9 }).map(list => {
    let i = 0
    return () => list[i++ % list.length] ?? 0
  })
  let runs = 0

  test('any history ends as it would one by one, whatever is read before the batch ahead is there', async () => {
    const { storage, behind } = counted(await sqlStorage(one, films))
    const reader = sqlReader(one, films, storage.log)
    await fc.assert(
      fc.asyncProperty(bursts, delays, async (history, waits) => {
        turns = waits
        const tenants = [`h${++runs}`, `i${runs}`]
        await play(storage, mutationsOf(history, tenants), tenants, oracles => expectRows(reader, oracles), {
          sizes: SMALL,
        })
        for (const tenant of tenants) {
          const { entries } = await storage.entries(tenant, 0, 1_000_000)
          expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
        }
      }),
      { numRuns: 25, endOnFailure: true },
    )
    expect(behind()).toBeGreaterThan(25)
  }, 120_000)

  test('with another gateway between them every outcome is that of one order, the order of the log', async () => {
    const host = fakeHost()
    const gateways = await Promise.all(
      [one, other].map(async (database, i) => {
        const made = counted(await sqlStorage(database, films))
        const clock = createClock({ now: host.now, replica: BigInt(i + 1) })
        const options = { catalog: films, schema: 'schema', clock, host, sizes: SMALL }
        return { ...made, writer: createWriter({ storage: made.storage, ...options }) }
      }),
    )
    const [gateway] = gateways
    if (!gateway) throw new Error('There is none')
    const reader = sqlReader(one, films, gateway.storage.log)
    await fc.assert(
      fc.asyncProperty(
        bursts,
        delays,
        fc.array(fc.nat(9), { minLength: 1 }),
        async (history, waits, luck) => {
          turns = waits
          const tenants = [`j${++runs}`, `k${runs}`]
          // Retries are answered from the past, which is no part of this order.
          const [beginnings = [], rest = []] = mutationsOf(history, tenants).map(list =>
            list.map(({ scope, acts }): Mutation => ({ scope, acts })),
          )
          const commit = async (mutation: Mutation, i: number): Promise<Settled> => {
            // Mostly by one of them: where two write all the time nothing is guessed.
            const { writer } = gateways[(luck[i % luck.length] ?? 0) === 0 ? 1 : 0] ?? gateway
            return { mutation, outcome: await writer.commit(mutation) }
          }
          const settled = await Promise.all(beginnings.map(mutation => commit(mutation, 1)))
          settled.push(...(await Promise.all(rest.map(commit))))
          const oracles = new Map<string, Oracle>()
          for (const tenant of tenants) {
            const own = settled.filter(({ mutation }) => mutation.scope.tenant === tenant)
            oracles.set(tenant, inOrder(tenant, own))
            const { entries } = await gateway.storage.entries(tenant, 0, 1_000_000)
            expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
          }
          await expectRows(reader, oracles)
        },
      ),
      { numRuns: 25, endOnFailure: true },
    )
    expect(gateway.behind()).toBeGreaterThan(12)
    for (const { writer } of gateways) await writer.close()
  }, 120_000)

  test('a replica’s numbered mutations, each said twice, are done once and in their order', async () => {
    turns = () => 50
    const { storage, behind } = counted(await sqlStorage(one, films))
    const host = { ...fakeHost(), now: Date.now }
    const clock = createClock({ now: host.now, replica: 3n })
    const writer = createWriter({ storage, catalog: films, schema: 's', clock, host, sizes: SMALL })
    const scope = freshScope()
    await writer.commit({ scope, acts: [film('a')] })
    const push = (n: number): Push => {
      const acts = [update('Film', 'film_a', { likes: increment('1') })]
      return { scope, client: 'c', n, base: null, work: { kind: 'acts', acts } }
    }
    const numbers = Array.from({ length: 30 }, (_, i) => i + 1)
    const answers = await Promise.all(
      numbers.flatMap(n => [
        writer.push(push(n)),
        writer.push(push(n)),
        writer.push(push(Math.max(1, n - 2))),
      ]),
    )
    expect(answers.map(answer => (answer.kind === 'verdict' ? 'verdict' : answer.problem.code))).toEqual(
      answers.map(() => 'verdict'),
    )
    const { entries } = await storage.entries(scope.tenant, 0, 1_000)
    expect(entries.slice(1).map(({ change }) => change.mutation.n)).toEqual(numbers)
    expect(behind()).toBeGreaterThan(5)
    await writer.close()
  })
})

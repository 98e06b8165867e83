import { createClock } from '@zg/core/change/clock'
import { NOTHING } from '@zg/core/change/instance'
import { type MemoryStorage, memoryStorage } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { migrate } from '../migrate.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { histories, mutationsOf } from './history.fixture.ts'
import type { Host } from './host.ts'
import { expectPushes } from './ledger.fixture.ts'
import { fakeHost } from './play.fixture.ts'
import { type Deed, deeds, type Posted, playPushes } from './pushes.fixture.ts'
import { expectSound } from './sound.fixture.ts'
import { createWriter, type WriterLoop } from './writer.ts'

const TENANTS = ['one', 'two']
type History = Parameters<typeof mutationsOf>[0]

/** Through so many gateways by turns; all of them are closed and opened anew after every third batch. */
async function run(
  storage: Storage,
  host: Host,
  gateways: number,
  plan: readonly (readonly Deed[])[],
  history: History,
  tenants: readonly string[],
): Promise<readonly Posted[]> {
  let replica = 0
  const open = (): WriterLoop[] =>
    Array.from({ length: gateways }, () => {
      const clock = createClock({ now: host.now, replica: BigInt(++replica) })
      return createWriter({ storage, catalog: films, schema: 'schema', clock, host })
    })
  let writers = open()
  let turn = 0
  let batches = 0
  const writer = () => writers[turn++ % writers.length] as WriterLoop
  const between = async () => {
    if (++batches % 3) return
    await Promise.all(writers.map(one => one.close()))
    writers = open()
  }
  const posted = await playPushes(writer, host.now, plan, mutationsOf(history, tenants), tenants, between)
  await Promise.all(writers.map(one => one.close()))
  return posted
}

async function expectTenants(memory: MemoryStorage, posted: readonly Posted[], draw: number): Promise<void> {
  for (const tenant of TENANTS) {
    const { entries, instances, inbound, claims, head } = memory.tenant(tenant)
    expectPushes(
      entries,
      posted.filter(({ scope }) => scope.tenant === tenant),
    )
    const sound = expectSound(entries, key => instances.get(key)?.instance ?? NOTHING, draw)
    const known = [...inbound].flatMap(([to, list]) => [...list.keys()].map(from => `${to} <- ${from}`))
    expect(known.sort()).toEqual(sound.references)
    expect(claims).toEqual(sound.claims)
    const greatest =
      entries
        .map(({ change }) => change.id)
        .sort()
        .at(-1) ?? null
    expect(head).toEqual({ seq: entries.length, hlc: greatest })
  }
}

test.each([
  [1, 150],
  [2, 100],
])(
  'any pushes of replicas with clocks of their own, by %i gateway(s): each counts once, as the log says it must',
  async (gateways, numRuns) => {
    await fc.assert(
      fc.asyncProperty(histories, deeds, fc.nat(), async (history, plan, draw) => {
        const host = fakeHost()
        const memory = memoryStorage({ catalog: films, log: 'memory', now: host.now })
        const posted = await run(memory, host, gateways, plan, history, TENANTS)
        await expectTenants(memory, posted, draw)
      }),
      { numRuns },
    )
  },
)

let database: Database
beforeAll(async () => {
  database = await memoryDatabase()
  await migrate(database, films.model)
})
afterAll(() => database.close())

test('on PGlite, too', async () => {
  const storage = await sqlStorage(database, films)
  let runs = 0
  await fc.assert(
    fc.asyncProperty(histories, deeds, async (history, plan) => {
      const tenants = [`p${++runs}`, `q${runs}`]
      const posted = await run(storage, { ...fakeHost(), now: Date.now }, 1, plan, history, tenants)
      for (const tenant of tenants) {
        const { entries, images } = await storage.view(tenant, view => view.read(0, 1_000_000))
        expectPushes(
          entries,
          posted.filter(({ scope }) => scope.tenant === tenant),
        )
        expectSound(entries, key => images.get(key) ?? NOTHING, runs)
      }
    }),
    { numRuns: 5 },
  )
}, 60_000)

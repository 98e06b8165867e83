import { catalog } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import { MAIN } from '@zg/core/ports/scope'
import { openDatabase } from '@zg/store/database'
import { audit } from '@zg/store/faults/audit.fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, describePg, freshDatabase } from '../../../scripts/testing/pg.ts'
import { createChance } from '../../../scripts/testing/seed.ts'
import { createTask, subscriber } from './crash.suite.ts'
import { createTypist, notesAt } from './note.fixture.ts'
import { type Served, serve } from './served.fixture.ts'

/** ZG_KILLS=200 kills so many gateways. */
const KILLS = Number(process.env.ZG_KILLS ?? 20)
/** So many at once; a kill waits for no other one to be replaced as long as two are left. */
const GATEWAYS = 4
const CALLERS = 6
const SUBSCRIBERS = 2
/** A kill comes after at most so many acknowledged writes. */
const RUN = 12

const below = createChance()

describePg('gateways that are killed again and again', () => {
  let database: Database
  const serving = new Set<Served>()
  const start = async (): Promise<void> => {
    serving.add(await serve([], { DATABASE_URL: database.url }, 'codegen/src/commands/kill.fixture.ts'))
  }
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(async () => {
    for (const served of serving) await served.kill()
    await database.drop()
  })

  test(`kill -9 of a gateway at a random moment, ${KILLS} times under load: nothing acknowledged is lost, no retry counts twice, every feed goes on where it was`, {
    timeout: 60_000 + KILLS * 15_000,
  }, async () => {
    await Promise.all(Array.from({ length: GATEWAYS }, start))
    const some = (): Served => [...serving][below(serving.size)] as Served
    const first = await createTask(some(), 'first')
    const titles = new Set<string>()
    const over = new AbortController()
    let acknowledged = 0
    let wake = () => {}

    /** Whoever got no answer asks another one. */
    const insist = async <T>(work: (served: Served) => Promise<T>): Promise<T> => {
      for (;;) {
        const answer = await work(some()).then(value => ({ value }), outage)
        if (answer) return answer.value
      }
    }
    const texts: string[] = []
    const call = async (caller: number): Promise<void> => {
      const typist = await insist(served => createTypist(served, String(caller)))
      for (let n = 0; !over.signal.aborted; n++) {
        const title = `${caller} ${n}`
        titles.add(title)
        await insist(served => createTask(served, title))
        if (n % 3 === 0) await insist(served => typist.type(served, `word${n}`))
        acknowledged++
        wake()
      }
      texts.push(typist.text())
    }
    const watching = Array.from({ length: SUBSCRIBERS }, () => subscriber(first.cursor))
    const follow = async (one: (typeof watching)[number]): Promise<void> => {
      const goal = () => (over.signal.aborted ? titles.size : Number.POSITIVE_INFINITY)
      while (one.titles.length < goal()) await one.follow(some(), goal).catch(outage)
    }
    const work = Promise.all([
      ...Array.from({ length: CALLERS }, (_, caller) => call(caller)),
      ...watching.map(follow),
    ])

    const starting = new Set<Promise<void>>()
    for (let kills = 0; kills < KILLS; kills++) {
      const moment = acknowledged + below(RUN)
      const passed = new Promise<void>(resolve => {
        wake = () => acknowledged > moment && resolve()
      })
      await Promise.race([work, passed])
      const victim = some()
      serving.delete(victim)
      await victim.kill()
      const replaced = start().finally(() => starting.delete(replaced))
      starting.add(replaced)
      if (serving.size < 2) await Promise.race([work, ...starting])
    }
    await Promise.all(starting)
    over.abort()
    // Streams that are quiet are told by what comes.
    titles.add('last')
    await createTask(some(), 'last')
    await work
    expect(texts).toHaveLength(CALLERS)
    expect(texts).toContainEqual(expect.stringContaining('word3 '))
    expect([...(await notesAt(some()))].sort()).toEqual(texts.sort())

    const own = await openDatabase({ url: database.url })
    const rows = await own.query<{ title: string }>('select title from task')
    expect(rows.map(({ title }) => title).sort()).toEqual(['first', ...titles].sort())
    for (const one of watching) expect([...one.titles].sort()).toEqual([...titles].sort())
    const [kept] = await own.query<{ model: never }>(
      'select model from zg.ir join zg.meta on ir.hash = meta.ir',
    )
    expect(await audit(own, catalog(kept?.model as unknown as ModelIR), MAIN)).toEqual([])
    await own.close()
  })
})

/** What a killed gateway leaves its callers with, or a busy machine (a read that took too long); anything else is a bug. */
function outage(error: unknown): undefined {
  const cut = error instanceof Error && /fetch failed|terminated|aborted due to timeout/.test(error.message)
  if (!cut && !/OUTCOME_UNKNOWN|UNAVAILABLE|OVERLOADED|SNAPSHOT_EXPIRED/.test(String(error))) throw error
}

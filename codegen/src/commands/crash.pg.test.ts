import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, describePg, freshDatabase } from '../../../scripts/testing/pg.ts'
import { createTask, SCHEMA, subscriber } from './crash.suite.ts'
import { projectFolder, type Served, serve } from './served.fixture.ts'

describePg('two gateway processes on one Postgres', () => {
  const { folder, remove } = projectFolder('gateways', SCHEMA)
  let database: Database
  const running: Served[] = []
  const start = async (): Promise<Served> => {
    const served = await serve(['dev', folder], { DATABASE_URL: database.url })
    running.push(served)
    return served
  }
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(async () => {
    for (const served of running) await served.kill()
    remove()
    await database.drop()
  })

  test('each sees the other write, and a subscriber goes on at the other one after a kill -9', {
    timeout: 60_000,
  }, async () => {
    const here = await start()
    const there = await start()
    const first = await createTask(here, 'first')
    const watching = subscriber(first.cursor)
    const streaming = watching.follow(here, () => Number.POSITIVE_INFINITY)
    const titles: string[] = []
    const writing = Promise.all(
      [here, there].map(async (served, gateway) => {
        for (let i = 0; i < 40; i++) {
          const title = `${gateway} ${i}`
          titles.push(title)
          await createTask(served, title)
          if (gateway === 0 && i === 25) await here.kill()
        }
      }),
    )
    expect(await writing.catch(() => 'cut off')).toBe('cut off')
    await streaming
    for (const title of titles) await createTask(there, title)
    await watching.follow(there, () => new Set(titles).size)
    expect([...watching.titles].sort()).toEqual([...titles].sort())
  })
})

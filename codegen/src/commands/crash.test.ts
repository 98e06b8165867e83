import { afterAll, expect, test } from 'vitest'
import { createTask, SCHEMA, subscriber } from './crash.suite.ts'
import { projectFolder, type Served, serve } from './served.fixture.ts'

const { folder, remove } = projectFolder('crash', SCHEMA)
const running: Served[] = []
const start = async (): Promise<Served> => {
  const served = await serve(['dev', folder])
  running.push(served)
  return served
}
afterAll(async () => {
  for (const served of running) await served.kill()
  remove()
})

test('kill -9 of the gateway: nothing acknowledged is lost, no retry counts twice, the feed resumes exactly', {
  timeout: 120_000,
}, async () => {
  let served = await start()
  const first = await createTask(served, 'first')
  const watching = subscriber(first.cursor)
  const titles: string[] = []
  for (let round = 0; round < 3; round++) {
    const streaming = watching.follow(served, () => Number.POSITIVE_INFINITY)
    // Several callers at once, so that the kill meets batches in flight.
    const writing = Promise.all(
      [0, 1, 2, 3].map(async caller => {
        for (let i = 0; ; i++) {
          const title = `${round} ${caller} ${i}`
          titles.push(title)
          await createTask(served, title)
          if (titles.length > 60 * (round + 1) && caller === 0) await served.kill()
        }
      }),
    )
    expect(await writing.catch(() => 'cut off')).toBe('cut off')
    await streaming
    served = await start()
    // What was under way has an unknown outcome: its caller tries again.
    for (const title of titles) await createTask(served, title)
  }
  await watching.follow(served, () => titles.length)
  expect([...watching.titles].sort()).toEqual([...titles].sort())
  const { tasks } = await served.ask<{ tasks: { nodes: { title: string }[] } }>(
    '{ tasks(first: 500) { nodes { title } } }',
  )
  expect(tasks.nodes.map(({ title }) => title).sort()).toEqual(['first', ...titles].sort())
})

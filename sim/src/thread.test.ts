import { expect, test } from 'vitest'
import { createScheduler } from './scheduler.ts'
import { createThread } from './thread.ts'
import { ENDS } from './trial.ts'

test('a history that never ends is stopped and told of, and the next seed is tried', async () => {
  const worker = new URL('./loop.fixture.ts', import.meta.url)
  const thread = createThread({ worker, patience: 50, glance: 20 })
  expect(await thread.try(12)).toMatchObject({ mutations: 12, failures: [] })
  const { histories, failures } = await thread.try(13)
  expect([histories, failures]).toMatchObject([1, [{ seed: 13, violations: [{ promise: ENDS }] }]])
  expect(await thread.try(14)).toMatchObject({ mutations: 14, failures: [] })
  await thread.end()
})

test('events that cause each other at one moment come to an end', async () => {
  const scheduler = createScheduler()
  const again = (): void => void scheduler.after(0, 'again', again)
  again()
  expect(await scheduler.run(() => false, 1_000)).toBe(false)
  expect(scheduler.now()).toBe(0)
})

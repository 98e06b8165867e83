import { memoryStorage } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import type { Storage, View } from '@zg/core/ports/storage'
import { expect, test } from 'vitest'
import { Overloaded, Unavailable } from './outage.ts'
import { patientStorage } from './patient.ts'
import { SnapshotExpired } from './session.ts'

/** A storage whose reads fail with these, one after the other, and then succeed. */
function failing(given: Iterable<Error>) {
  const errors = given[Symbol.iterator]()
  const storage: Storage = {
    ...memoryStorage({ catalog: films, log: 'log' }),
    entries: async (_, after) => {
      const { value } = errors.next()
      if (value) throw value
      return { entries: [], seq: after, head: after, following: after, bytes: 0 }
    },
    images: async () => {
      const { value } = errors.next()
      if (value) throw value
      return []
    },
    view: async (_, work) => {
      const { value } = errors.next()
      if (value) throw value
      return work({ head: 7 } as View)
    },
    heads: () => Promise.reject(new Unavailable('gone')),
  }
  const host = {
    slept: 0,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>(resolve => {
        host.slept++
        signal?.addEventListener('abort', () => resolve())
        setImmediate(resolve)
      }),
  }
  return { host, patient: patientStorage(storage, host) }
}

function* forEver(error: Error): Generator<Error> {
  for (;;) yield error
}

test('reads of the log wait until the database is back', async () => {
  const { patient, host } = failing([
    new Unavailable('gone'),
    new Overloaded('Too much.'),
    new Unavailable('gone'),
  ])
  expect((await patient.entries('t', 7, 10)).seq).toBe(7)
  expect(host.slept).toBe(3)
})

test('so do looks at rows: whoever follows as a replica needs them', async () => {
  const { patient, host } = failing([new Unavailable('gone'), new SnapshotExpired(1)])
  expect(await patient.view('t', async ({ head }) => head)).toBe(7)
  expect(host.slept).toBe(2)
  const { patient: other, host: clock } = failing([new Unavailable('gone'), new SnapshotExpired(1)])
  expect(await other.images('t', [], 7)).toEqual([])
  expect(clock.slept).toBe(2)
})

test('what takes too long each time ends them: it would for ever', async () => {
  const often = (count: number) => Array.from({ length: count }, () => new SnapshotExpired(1))
  const { patient } = failing(often(12))
  await expect(patient.images('t', [], 7)).rejects.toThrow(SnapshotExpired)
  // An outage in between is none of its doing.
  const { patient: other } = failing([
    ...often(6),
    ...often(20).map(() => new Unavailable('gone')),
    ...often(5),
  ])
  expect(await other.images('t', [], 7)).toEqual([])
})

test('a bug ends them, and who asks for heads is told at once', async () => {
  const { patient, host } = failing([new Error('bug')])
  await expect(patient.entries('t', 0, 10)).rejects.toThrow('bug')
  await expect(patient.heads(['t'])).rejects.toThrow(Unavailable)
  expect(host.slept).toBe(0)
})

test('closing ends the waiting', async () => {
  const { patient } = failing(forEver(new Unavailable('gone')))
  const reading = patient.entries('t', 0, 10).catch((error: unknown) => error)
  await patient.close()
  expect(await reading).toBeInstanceOf(Unavailable)
})

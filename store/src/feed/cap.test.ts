import type { Act } from '@zg/core/act/act'
import { memoryStorage } from '@zg/core/memory/storage'
import { type FeedBatch, START } from '@zg/core/ports/feed'
import { create, film, films, freshScope, remove, set, update } from '@zg/core/ports/ports.suite'
import type { ProblemError } from '@zg/core/problem'
import { afterAll, expect, test } from 'vitest'
import { machine } from '../host.ts'
import { openPorts } from '../store.ts'

/** What a shape across relations may hold where nobody says otherwise (DESIGN 4.7). */
const CAP = 10_000

const storage = memoryStorage({ catalog: films, log: 'memory' })
const { writer, feed, close } = openPorts({ storage, catalog: films, host: machine, random: machine.random })
afterAll(close)

test('a shape across relations holds 10,000 rows, and is reset by one more', async () => {
  const scope = freshScope()
  const commit = async (...acts: Act[]) => {
    const { verdict } = await writer.commit({ scope, acts })
    expect(verdict.status).toBe('applied')
  }
  await commit(create('Person', 'person_p', { name: set('P') }))
  const of = (n: number) => film(`f${n}`, { director: set('person_p') })
  for (let from = 0; from < CAP; from += 1_000)
    await commit(...Array.from({ length: 1_000 }, (_, i) => of(from + i)))
  const end = new AbortController()
  const follow = () => {
    const where = {
      kind: 'eq',
      left: { kind: 'path', path: ['director', 'name'] },
      right: { kind: 'value', value: 'P' },
    } as const
    const shape = { entity: 'Film', where }
    const batches = feed.follow({ scope, shape, since: START, signal: end.signal })[Symbol.asyncIterator]()
    const next = async (): Promise<FeedBatch | undefined> => (await batches.next()).value ?? undefined
    /** How many rows come until all are there. */
    const loaded = async (): Promise<number> => {
      let rows = 0
      for (let batch = await next(); batch; batch = await next()) {
        rows += batch.events.length
        if (batch.again !== 'LOADING') break
      }
      return rows
    }
    return { next, loaded }
  }
  const { next, loaded } = follow()
  expect(await loaded()).toBe(CAP)
  // Whoever leaves makes room.
  await commit(update('Film', 'film_f0', { director: set(null) }))
  expect((await next())?.events.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['evict film_f0'])
  await commit(of(CAP))
  expect((await next())?.events.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`upsert film_f${CAP}`])
  await commit(of(CAP + 1))
  expect((await next())?.again).toBe('TOO_LARGE')
  expect(await next()).toBeUndefined()
  const refused = await follow()
    .next()
    .catch((error: ProblemError) => error.problems.map(({ code }) => code))
  expect(refused).toEqual(['SHAPE_TOO_LARGE'])
  await commit(remove('Film', 'film_f1'))
  expect(await follow().loaded()).toBe(CAP)
  end.abort()
})

import type { Act } from '@zg/core/act/act'
import { memoryStorage } from '@zg/core/memory/storage'
import { type FeedBatch, START } from '@zg/core/ports/feed'
import { film, films, freshScope, set, update } from '@zg/core/ports/ports.suite'
import type { Position } from '@zg/core/ports/position'
import type { Storage } from '@zg/core/ports/storage'
import { TRUE } from '@zg/core/query/expression'
import { afterEach, expect, test } from 'vitest'
import { SnapshotExpired } from '../session.ts'
import { openPorts, type Ports } from '../store.ts'
import { fakeHost } from '../writer/play.fixture.ts'

const opened: Ports[] = []
afterEach(async () => {
  for (const ports of opened.splice(0)) await ports.close()
})

/** A gateway where nobody can look back in time, and another one, where all is written. */
function gateways() {
  const memory = memoryStorage({ catalog: films, log: 'memory' })
  const open = (storage: Storage): Ports => {
    const ports = openPorts({ storage, catalog: films, host: fakeHost(), random: n => new Uint8Array(n) })
    opened.push(ports)
    return ports
  }
  const { writer } = open(memory)
  const { feed } = open({ ...memory, images: () => Promise.reject(new SnapshotExpired(5_000)) })
  const scope = freshScope()
  const apply = async (act: Act): Promise<void> => {
    expect((await writer.commit({ scope, acts: [act] })).verdict.status).toBe('applied')
  }
  const shape = { entity: 'Film', where: TRUE }
  const follow = async (since: Position | typeof START): Promise<FeedBatch[]> => {
    const end = new AbortController()
    const batches: FeedBatch[] = []
    for await (const batch of feed.follow({ scope, shape, since, signal: end.signal })) {
      batches.push(batch)
      if (batch.again !== 'LOADING') break
    }
    end.abort()
    return batches
  }
  return { feed, scope, apply, follow }
}

test('who has been away for longer than can be looked back on begins anew, in place of asking for ever', async () => {
  const { apply, follow } = gateways()
  await apply(film('a'))
  const [first] = await follow(START)
  expect(first?.events.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['upsert film_a'])
  await apply(update('Film', 'film_a', { year: set(1995) }))
  const [next] = await follow(first?.position as Position)
  expect(next).toMatchObject({ events: [], again: 'TOO_LARGE' })
  const [anew] = await follow(START)
  expect(anew?.events).toMatchObject([{ kind: 'upsert', row: { id: 'film_a', year: 1995 } }])
})

test('a replica is told the same', async () => {
  const { feed, scope, apply } = gateways()
  await apply(film('a'))
  const shapes = [{ entity: 'Film', where: TRUE }]
  const replicate = async (since?: Parameters<typeof feed.replicate>[0]['since']) => {
    const end = new AbortController()
    for await (const batch of feed.replicate({
      scope,
      shapes,
      signal: end.signal,
      ...(since ? { since } : {}),
    })) {
      if (batch.kind === 'events' && batch.loaded.some(({ kind }) => kind !== 'whole')) continue
      end.abort()
      return batch
    }
    return undefined
  }
  const first = await replicate()
  if (first?.kind !== 'events') throw new Error('It was told nothing')
  await apply(update('Film', 'film_a', { year: set(1995) }))
  expect(await replicate(first)).toMatchObject({ kind: 'reset', reason: 'TOO_LARGE' })
})

import { memoryStorage } from '@zg/core/memory/storage'
import { film, films, freshScope } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import { TRUE } from '@zg/core/query/expression'
import { expect, test } from 'vitest'
import { Unavailable } from '../outage.ts'
import { openPorts } from '../store.ts'
import { fakeHost } from '../writer/play.fixture.ts'

test('a live query whose database goes away while it begins to listen goes on when that is back', async () => {
  const memory = memoryStorage({ catalog: films, log: 'memory' })
  let away = 0
  const storage: Storage = {
    ...memory,
    heads: async tenants => {
      if (away-- > 0) throw new Unavailable('gone')
      return memory.heads(tenants)
    },
  }
  const host = fakeHost()
  const { feed, writer, close } = openPorts({
    storage,
    catalog: films,
    host,
    random: n => new Uint8Array(n),
  })
  const scope = freshScope()
  const { position } = await writer.commit({ scope, acts: [film('a')] })
  const end = new AbortController()
  const touches = feed.touches(scope, position, end.signal)[Symbol.asyncIterator]()
  away = 3
  const first = touches.next()
  await writer.commit({ scope, acts: [film('b')] })
  expect([...(await first).value.entities]).toEqual(['Film'])
  expect(away).toBeLessThan(1)
  // Who asks for something new is told at once.
  away = 1
  const shape = { entity: 'Film', where: TRUE }
  const asked = feed.follow({ scope, shape, since: position, signal: end.signal })[Symbol.asyncIterator]()
  await expect(asked.next()).rejects.toThrow('UNAVAILABLE')
  end.abort()
  await close()
})

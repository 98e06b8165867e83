import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import { film, films, freshScope, increment, update } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import { expect, test } from 'vitest'
import { machine } from '../host.ts'
import { createWriter } from '../writer/writer.ts'
import { createChunks } from './chunks.ts'

/** Pieces of so many entries that say they are so large, and perhaps where the next one ends; all that is asked is noted. */
function setUp({ limit = 10, bytes = 1_000, tells = false } = {}) {
  let size = limit
  const memory = memoryStorage({ catalog: films, log: 'log' })
  const asked = { entries: [] as number[], rows: [] as string[] }
  let failing = false
  const storage: Storage = {
    ...memory,
    entries: async (tenant, after) => {
      asked.entries.push(after)
      if (failing) throw new Error('lost')
      const piece = await memory.entries(tenant, after, size)
      return { ...piece, bytes, ...(tells ? { following: Math.min(piece.seq + limit, piece.head) } : {}) }
    },
    images: (tenant, addresses, at) => {
      asked.rows.push(...addresses.map(({ key }) => key))
      return memory.images(tenant, addresses, at)
    },
  }
  const clock = createClock({ now: machine.now, replica: 7n })
  const writer = createWriter({ storage: memory, catalog: films, schema: 'schema', clock, host: machine })
  const { tenant, ...rest } = freshScope()
  const scope = { tenant, ...rest }
  const chunks = createChunks(storage, machine)
  return {
    asked,
    tenant,
    memory,
    resize: (to: number) => {
      size = to
    },
    fail: (fails: boolean) => {
      failing = fails
    },
    read: (after: number) => chunks.read(tenant, after),
    settle: () => new Promise(setImmediate),
    films: (count: number) =>
      writer.commit({ scope, acts: Array.from({ length: count }, (_, i) => film(`${i}`)) }),
    each: async (count: number) => {
      for (let i = 0; i < count; i++) await writer.commit({ scope, acts: [film(`${i}`)] })
    },
    like: () => writer.commit({ scope, acts: [update('Film', 'film_0', { likes: increment('1') })] }),
  }
}

test('while a chunk is looked at the next one is read, and no more', async () => {
  const { asked, read, settle, each } = setUp()
  await each(100)
  await read(0)
  await settle()
  // Its own entries, the next chunk, and the entries of the one after that.
  expect(asked.entries).toEqual([0, 10, 20])
  await settle()
  expect(asked.entries).toEqual([0, 10, 20])
  expect((await read(10)).seq).toBe(20)
  await settle()
  expect(asked.entries).toEqual([0, 10, 20, 30])
})

test('a walk reads everything once, and nothing beyond the end', async () => {
  const { asked, read, settle, each } = setUp()
  await each(95)
  for (let at = 0; at < 95; at = (await read(at)).seq) await settle()
  await settle()
  expect(asked.entries).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90])
})

test('where it is said where the next piece ends the one behind it is read, too', async () => {
  const { asked, read, settle, each } = setUp({ tells: true })
  await each(100)
  await read(0)
  await settle()
  expect(asked.entries).toEqual([0, 10, 20, 30])
  for (let at = 10; at < 100; at = (await read(at)).seq) await settle()
  await settle()
  expect(asked.entries).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90])
})

test('a piece that ends earlier than was said leaves no gap', async () => {
  const { read, settle, each, resize } = setUp({ tells: true })
  await each(100)
  // It says ten.
  resize(7)
  const seqs: number[] = []
  for (let at = 0; at < 100; ) {
    const { entries, seq } = await read(at)
    seqs.push(...entries.map(entry => entry.seq))
    at = seq
    await settle()
  }
  expect(seqs).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})

test('however many walk, or have gone away, only two are read ahead for', async () => {
  const { asked, read, settle, each, resize } = setUp()
  await each(100)
  const starts = [1, 2, 3, 4, 5]
  for (const start of starts) await read(start)
  await settle()
  expect(asked.entries.filter(after => after > 10 && after <= 20)).toHaveLength(2)
  // Nobody has come for what was read ahead while others read to the end: it is forgotten.
  resize(100)
  for (let i = 0; i < 20; i++) await read(60 + i)
  resize(10)
  asked.entries.length = 0
  await read(40)
  await settle()
  expect(asked.entries).toEqual([40, 50, 60])
})

test('what was read ahead and failed is asked for again', async () => {
  const { asked, read, settle, each, fail } = setUp()
  await each(30)
  const first = read(0)
  fail(true)
  await first
  await settle()
  fail(false)
  expect(asked.entries).toEqual([0, 10])
  expect((await read(10)).seq).toBe(20)
  expect(asked.entries.slice(0, 3)).toEqual([0, 10, 10])
})

test('chunks are kept by their bytes', async () => {
  const { asked, read, settle, each } = setUp({ bytes: 400_000 })
  await each(100)
  for (const at of [0, 10, 20]) await read(at)
  await settle()
  asked.entries.length = 0
  // Two of them fit into the 1 MB that are kept.
  await read(20)
  await read(10)
  expect(asked.entries).toEqual([])
  await read(0)
  expect(asked.entries[0]).toBe(0)
})

test('no row is read that the log itself tells of, and none twice on the way', async () => {
  const { asked, read, films, like, memory, tenant } = setUp({ limit: 3 })
  await films(2)
  for (let i = 0; i < 60; i++) await like()
  for (let at = 0; at < 62; ) {
    const { seq, images } = await read(at)
    const same = await memory.view(tenant, view => view.read(at, 3))
    expect(images).toEqual(same.images)
    at = seq
  }
  expect(asked.rows).toEqual(['film_0'])
})

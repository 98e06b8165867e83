import type { ReplicaEvent } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import { expect, test } from 'vitest'
import { memoryDisk } from './memoryDisk.ts'
import { openPages } from './pages.ts'

const STAMP = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

const put = (id: string): ReplicaEvent => ({
  kind: 'upsert',
  entity: 1,
  key: id,
  instance: {
    born: STAMP,
    dead: null,
    cells: { 1: { kind: 'register', at: STAMP, value: id } },
  },
})

test('what comes behind the torn end of a journal is found again', async () => {
  const disk = memoryDisk()
  const note = async (id: string, seq: number): Promise<void> => {
    const { kept, pages } = await openPages(disk, films)
    const touched = kept.confirmed.apply([put(id)])
    pages.note([put(id)], touched, { ...kept, position: { log: 'log', seqs: { main: seq } } })
  }
  const found = async () => {
    const { kept } = await openPages(disk, films)
    return [kept.position?.seqs.main, [...kept.confirmed.values()].map(({ key }) => key)]
  }
  await note('film_a', 1)
  await disk.sync()
  await note('film_b', 2)
  // Nothing of it is kept whole, and half of it is there.
  const chances = [0, 0.5]
  disk.crash(() => chances.shift() ?? 0)
  expect(await found()).toEqual([1, ['film_a']])
  await note('film_c', 2)
  expect(await found()).toEqual([2, ['film_a', 'film_c']])
})

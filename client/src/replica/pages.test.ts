import type { ReplicaEvent } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryDisk } from './memoryDisk.ts'
import { type Kept, openPages } from './pages.ts'

const FILM = films.entity('Film').ir.number
const stamp = (n: number): string => n.toString().padStart(26, '0')

/** A film with a title of so many characters. */
const put = (id: number, length: number, n: number): ReplicaEvent => ({
  kind: 'upsert',
  entity: FILM,
  key: `film_${id}`,
  instance: {
    born: stamp(1),
    dead: null,
    cells: { 1: { kind: 'register', at: stamp(n), value: 'x'.repeat(length) } },
  },
})
const drop = (id: number, kind: 'delete' | 'evict'): ReplicaEvent => ({
  kind,
  entity: FILM,
  key: `film_${id}`,
})

const content = ({ confirmed, position }: Kept) => ({
  at: position?.seqs.main ?? 0,
  rows: Object.fromEntries(
    [...confirmed.values()]
      .map(({ key, instance }) => [key, JSON.stringify(instance)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
})

/** Batches large enough that the journal is folded every few of them, and more rows than a page takes. */
const batches = fc.array(
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ id: fc.nat(1_200), length: fc.constantFrom(10, 20_000) }) },
      { weight: 1, arbitrary: fc.record({ id: fc.nat(1_200), length: fc.constantFrom(-1, -2) }) },
    ),
    { minLength: 1, maxLength: 12 },
  ),
  { maxLength: 25 },
)

test('after any crash there is what was there at some position, and nothing that was synced is missing', async () => {
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (list, chances) => {
        const disk = memoryDisk()
        let { kept, pages } = await openPages(disk, films)
        const states = new Map([[0, content(kept)]])
        let seq = 0
        let synced = 0
        const note = (events: readonly ReplicaEvent[]): void => {
          const position = { log: 'log', seqs: { main: ++seq } }
          const touched = kept.confirmed.apply(events)
          kept = { ...kept, position }
          pages.note(events, touched, kept)
          states.set(seq, content(kept))
        }
        // More than one page from the start.
        note(Array.from({ length: 1_100 }, (_, id) => put(id, 5, 2)))
        for (const batch of list) {
          const named = new Map(batch.map(one => [one.id, one]))
          note(
            [...named.values()].map(({ id, length }) =>
              length < 0 ? drop(id, length === -1 ? 'delete' : 'evict') : put(id, length, seq + 10),
            ),
          )
          const chance = chances.next().value
          if (chance < 0.3) {
            await disk.sync()
            synced = seq
          } else if (chance > 0.8) {
            disk.crash(() => chances.next().value)
            ;({ kept, pages } = await openPages(disk, films))
            const found = content(kept)
            expect(found).toEqual(states.get(found.at))
            expect(found.at).toBeGreaterThanOrEqual(synced)
            seq = found.at
            synced = seq
          }
        }
        // No file is left behind that nothing names.
        const names = await disk.list()
        expect(names.length).toBeLessThan(10)
      },
    ),
    // Failures here are of many rows, and shrinking them takes minutes.
    { numRuns: 40, endOnFailure: true },
  )
}, 60_000)

test('a row that changed is on its page when the journal has been folded into pages', async () => {
  const disk = memoryDisk()
  const { kept, pages } = await openPages(disk, films)
  let seq = 0
  const note = (events: readonly ReplicaEvent[]): void => {
    const touched = kept.confirmed.apply(events)
    pages.note(events, touched, { ...kept, position: { log: 'log', seqs: { main: ++seq } } })
  }
  note(Array.from({ length: 1_100 }, (_, id) => put(id, 5, 2)))
  pages.replace({ ...kept, position: { log: 'log', seqs: { main: seq } } })
  // On the second page and on the third; the last one is more than a journal holds.
  note([put(600, 7, 3)])
  note([drop(601, 'delete')])
  note([put(1_099, 600_000, 3)])
  note([put(1_098, 9, 4)])
  const again = await openPages(disk, films)
  expect(content(again.kept)).toEqual(content({ ...kept, position: { log: 'log', seqs: { main: seq } } }))
})

test('what is damaged is forgotten, and there is a way on', async () => {
  const disk = memoryDisk()
  const { kept, pages } = await openPages(disk, films)
  kept.confirmed.apply([put(1, 5, 2)])
  pages.replace({ ...kept, position: { log: 'log', seqs: { main: 1 } } })
  const [page = ''] = (await disk.list()).filter(name => /^pages-\d+-\d+$/.test(name))
  disk.replace(page, 'garbage\n')
  const again = await openPages(disk, films)
  expect(content(again.kept)).toEqual({ at: 0, rows: {} })
  expect(await disk.list()).toEqual(['pages'])
})

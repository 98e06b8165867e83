import type { ReplicaEvent } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Disk } from './disk.ts'
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

/** A page is short, or holds a single row. */
async function expectPage(disk: Disk, name: string): Promise<void> {
  if (!/^pages-\d+-\d+$/.test(name)) return
  const file = (await disk.read(name)) ?? ''
  const lines = file.split('\n').length - 1
  expect(lines).toBeLessThanOrEqual(500)
  if (lines !== 1) expect(file.length).toBeLessThanOrEqual(262_144)
}

/** Every file counts, and pages are short. */
async function expectFiles(disk: Disk): Promise<void> {
  const manifest = (await disk.read('pages')) ?? ''
  for (const name of await disk.list()) {
    expect(name === 'pages' || manifest.includes(`"${name}"`)).toBe(true)
    await expectPage(disk, name)
  }
}

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
        // No file is left behind that nothing names, also of a fold that a crash cut short.
        await openPages(disk, films)
        await expectFiles(disk)
      },
    ),
    // Failures here are of many rows, and shrinking them takes minutes.
    { numRuns: 40, endOnFailure: true },
  )
}, 60_000)

test('wherever a fold is cut short, one generation is whole and the other leaves nothing', async () => {
  for (let kept = 0, made = 1; kept < made; kept++) {
    made = 0
    const disk = memoryDisk()
    const counted: Disk = {
      ...disk,
      append: (name, text) => {
        made++
        disk.append(name, text)
      },
      replace: (name, text) => {
        made++
        disk.replace(name, text)
      },
    }
    const opened = await openPages(counted, films)
    let seq = 0
    const note = (length: number): unknown => {
      const events = Array.from({ length: 60 }, (_, id) => put(id, length, length))
      const touched = opened.kept.confirmed.apply(events)
      const now = { ...opened.kept, position: { log: 'log', seqs: { main: ++seq } } }
      opened.pages.note(events, touched, now)
      return content(now)
    }
    const states = [note(10_000)]
    await disk.sync()
    made = 0
    states.push(note(10_001))
    disk.crash(() => (kept + 0.5) / (made + 1))
    expect(states).toContainEqual(content((await openPages(disk, films)).kept))
    await expectFiles(disk)
  }
})

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

const TAGS = films.relation('Film.tags').number
const tagging = (film: number, tag: number, n: number): ReplicaEvent => ({
  kind: 'upsert',
  entity: TAGS,
  key: `film_${film}|tag_${tag}`,
  instance: { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [stamp(n)]: 1 } } } },
})

test.each<[string, readonly ReplicaEvent[], ReplicaEvent]>([
  [
    'a film with 20,000 tags',
    [put(1, 5, 2), ...Array.from({ length: 20_000 }, (_, tag) => tagging(1, tag, 2))],
    tagging(1, 17_777, 3),
  ],
  [
    '100 films of 100,000 characters',
    Array.from({ length: 100 }, (_, id) => put(id, 100_000, 2)),
    put(77, 9, 3),
  ],
  ['a film of 2,000,000 characters', [put(1, 2_000_000, 2), put(2, 5, 2)], put(2, 9, 3)],
])('%s: pages stay short, and one change has one of them written anew', async (_, events, change) => {
  const disk = memoryDisk()
  const written: string[] = []
  const replace = (name: string, text: string | null): void => {
    if (text !== null) written.push(name)
    disk.replace(name, text)
  }
  const { kept, pages } = await openPages({ ...disk, replace }, films)
  let seq = 0
  const note = (batch: readonly ReplicaEvent[]): void => {
    const touched = kept.confirmed.apply(batch)
    pages.note(batch, touched, { ...kept, position: { log: 'log', seqs: { main: ++seq } } })
  }
  note(events)
  // A row that is more than the journal takes.
  note([put(999_999, 600_000, 2)])
  await expectFiles(disk)
  written.length = 0
  note([change])
  note([put(999_999, 600_000, 3)])
  expect(written.filter(name => /^pages-\d+-\d+$/.test(name)).length).toBe(2)
  await expectFiles(disk)
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

import { CHANGE_VERSION, type Change } from '@zg/core/change/change'
import { sha256Hex } from '@zg/core/hash'
import { canonical, type Json } from '@zg/core/json'
import type { ReplicaEvent } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import { expect, test } from 'vitest'
import type { Disk } from './disk.ts'
import { lineOf, linesOf } from './lines.ts'
import { memoryDisk } from './memoryDisk.ts'
import { openOutbox } from './outbox.ts'
import { openPages } from './pages.ts'

const stamp = (n: number): string => n.toString().padStart(26, '0')
const base = { log: 'log', seq: 3 }
const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7)
const row = (id: string, n: number): ReplicaEvent => ({
  kind: 'upsert',
  entity: 1,
  key: `film_${id}`,
  instance: { born: stamp(1), dead: null, cells: { 1: { kind: 'register', at: stamp(n), value: 'T' } } },
  texts: [{ field: 9, source: { state: null, updates: [Uint8Array.of(1, 2)] } }],
})

async function writeOutbox(disk: Disk): Promise<void> {
  const outbox = await openOutbox(disk, random)
  const change: Change = {
    v: CHANGE_VERSION,
    id: stamp(5),
    tenant: 'main',
    schema: 'a0',
    entity: 1,
    key: 'film_a',
    ops: [{ field: 0, kind: 'delete' }],
    base,
    by: 'ann',
    mutation: { client: outbox.client, n: 1, index: 0 },
  }
  const made = { acts: [{ kind: 'delete', entity: 'Film', id: 'film_a' }], mutationId: 'm', base } as const
  const first = outbox.add({ ...made, changes: [change], work: 'changes', sent: [] }, null)
  const second = outbox.add({ ...made, changes: [], work: 'acts', sent: made.acts }, first.id)
  const position = { log: 'log', seqs: { main: 4 } }
  outbox.settle(second.id, { verdict: { status: 'applied', problems: [] }, position, ids: ['film_a'] }, [7])
  outbox.remove([second.id])
}

async function writePages(disk: Disk): Promise<void> {
  const { kept, pages } = await openPages(disk, films)
  const shape = { entity: 'Film', where: { kind: 'and', of: [] } } as const
  const shapes = [{ shape, loaded: { kind: 'upTo', id: 'film_b' } }] as const
  kept.confirmed.apply([row('a', 2), row('b', 3)])
  pages.replace({ ...kept, shapes, position: { log: 'log', seqs: { main: 1 } } })
  const events: readonly ReplicaEvent[] = [row('c', 4), { kind: 'evict', entity: 1, key: 'film_a' }]
  const touched = kept.confirmed.apply(events)
  pages.note(events, touched, { ...kept, shapes, position: { log: 'log', seqs: { main: 2 } } })
}

test('golden: what is on a disk is a decision, of this format', async () => {
  const disk = memoryDisk()
  await writeOutbox(disk)
  await writePages(disk)
  const names = await disk.list()
  expect(names).toEqual(['outbox', 'pages', 'pages-0-2', 'pages-journal-2'])
  const records = await Promise.all(names.map(async name => [name, linesOf((await disk.read(name)) ?? '')]))
  expect(sha256Hex(canonical(records as unknown as Json))).toBe(
    '1475ab67cc4a34313de5465cdd8e65b851e4ce2439830d65d310b9cb1f905b8a',
  )
  expect(lineOf({ kind: 'gone', ids: [1] })).toBe('19e738e7 {"kind":"gone","ids":[1]}\n')
})

test('an outbox of another format is left as it is, and pages of another one are loaded again', async () => {
  const disk = memoryDisk()
  await openOutbox(disk, random)
  const file = (await disk.read('outbox')) ?? ''
  const head = JSON.parse(file.slice(9))
  disk.replace('outbox', lineOf({ ...head, format: 2 }))
  await expect(openOutbox(disk, random)).rejects.toThrow('OUTBOX_FORMAT')
  expect(await disk.read('outbox')).toBe(lineOf({ ...head, format: 2 }))

  await writePages(disk)
  const { kept } = await openPages(disk.copy(), films)
  expect(kept.confirmed.size).toBe(2)
  const manifest = JSON.parse(((await disk.read('pages')) ?? '').slice(9))
  disk.replace('pages', lineOf({ ...manifest, format: 2 }))
  const again = await openPages(disk, films)
  expect([again.kept.confirmed.size, again.kept.position]).toEqual([0, null])
  expect(await disk.list()).toEqual(['outbox', 'pages'])
})

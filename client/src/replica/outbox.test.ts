import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineOf, linesOf } from './lines.ts'
import { memoryDisk } from './memoryDisk.ts'
import { type Entry, openOutbox } from './outbox.ts'

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7)
const made: Omit<Entry, 'id' | 'client' | 'n' | 'outcome' | 'because'> = {
  acts: [{ kind: 'delete', entity: 'Film', id: 'film_a' }],
  mutationId: null,
  base: null,
  changes: [],
  work: 'acts',
  sent: [],
}
const applied = {
  verdict: { status: 'applied', problems: [] },
  position: { log: 'l', seqs: { t: 1 } },
  ids: [],
} as const

test('lines: what was written whole is read, and what was torn off is not', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(
      fc.array(fc.record({ text, number: fc.nat() }), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      (records, cut) => {
        const lines = records.map(lineOf)
        const file = lines.join('')
        expect(linesOf(file)).toEqual({ records, good: null, damaged: false })
        const torn = file.slice(0, file.length - 1 - (cut % (lines.at(-1)?.length ?? 1)))
        const { records: read, good, damaged } = linesOf(torn)
        expect(read).toEqual(records.slice(0, -1))
        expect(damaged).toBe(false)
        expect(good ?? torn).toBe(lines.slice(0, -1).join(''))
      },
    ),
  )
})

test('lines: damage that no crash explains is told from a torn end', () => {
  const file = [1, 2, 3].map(n => lineOf({ n })).join('')
  expect(linesOf(file.replace('"n":2', '"n":9'))).toMatchObject({ records: [{ n: 1 }], damaged: true })
})

test('what is written is there after any crash, once it was synced; its number is never given again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('add', 'settle', 'sync', 'remove', 'crash', 'rewrite'), { maxLength: 40 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (steps, chances) => {
        const disk = memoryDisk()
        let outbox = await openOutbox(disk, random)
        await outbox.sync()
        const { client } = outbox
        let synced = { last: 0, answered: 0 }
        for (const step of steps) {
          const waiting = outbox.waiting(outbox.answered + 1)
          if (step === 'add') outbox.add(made, null)
          else if (step === 'settle' && waiting) outbox.settle(waiting.id, applied, [])
          else if (step === 'remove')
            outbox.remove([...outbox.entries()].filter(({ outcome }) => outcome).map(({ id }) => id))
          else if (step === 'rewrite') outbox.rewrite(entry => entry)
          else if (step === 'sync') {
            await outbox.sync()
            synced = { last: outbox.last, answered: outbox.answered }
          } else if (step === 'crash') {
            disk.crash(() => chances.next().value)
            outbox = await openOutbox(disk, random)
            expect(outbox.client).toBe(client)
            expect(outbox.last).toBeGreaterThanOrEqual(synced.last)
            expect(outbox.answered).toBeGreaterThanOrEqual(synced.answered)
            for (let n = outbox.answered + 1; n <= outbox.last; n++) expect(outbox.waiting(n)).toBeDefined()
          }
        }
      },
    ),
  )
})

test('what comes behind a torn end is found again', async () => {
  const disk = memoryDisk()
  const outbox = await openOutbox(disk, random)
  await outbox.sync()
  outbox.add(made, null)
  // Nothing is kept whole, and half of the first write is there.
  const chances = [0, 0.5]
  disk.crash(() => chances.shift() ?? 0)
  expect(linesOf((await disk.read('outbox')) ?? '').good).not.toBeNull()
  const again = await openOutbox(disk, random)
  expect(again.last).toBe(0)
  again.add(made, null)
  const found = await openOutbox(disk, random)
  expect([...found.entries()].map(({ n }) => n)).toEqual([1])
})

test('a file that was damaged in the middle is not thrown away', async () => {
  const disk = memoryDisk()
  const outbox = await openOutbox(disk, random)
  outbox.add(made, null)
  outbox.add(made, null)
  const file = (await disk.read('outbox')) ?? ''
  disk.replace('outbox', file.replace('film_a', 'film_b'))
  await expect(openOutbox(disk, random)).rejects.toThrow('OUTBOX_DAMAGED')
  expect(await disk.read('outbox')).toContain('film_b')
})

test('under a new client id what waits is numbered from 1, and what is done keeps its own', async () => {
  const outbox = await openOutbox(memoryDisk(), random)
  for (let i = 0; i < 3; i++) outbox.add(made, null)
  outbox.settle(1, applied, [])
  outbox.rewrite(entry => entry, 'another')
  expect([...outbox.entries()].map(({ client, n }) => [client === 'another', n])).toEqual([
    [false, 1],
    [true, 1],
    [true, 2],
  ])
  expect([outbox.client, outbox.answered, outbox.last]).toEqual(['another', 0, 2])
})

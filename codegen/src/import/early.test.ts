import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { library } from './library.fixture.ts'
import { type Shelf, shelf } from './ports.fixture.ts'
import { formatReport } from './report.ts'
import { BOOK, book, books, counts, run } from './run.fixture.ts'

describe('an import that ends early', () => {
  test('stops on its signal and is completed by the next', async () => {
    const into = shelf(library)
    const stop = new AbortController()
    const report = await run({ 'books.json': books(100) }, [BOOK], into, {
      batch: 10,
      signal: stop.signal,
      onProgress: ({ done }) => void (done >= 30 && stop.abort()),
    })
    expect(report.complete).toBe(false)
    expect(counts(report)).toEqual({ Book: { created: 30 } })
    expect(formatReport(report).at(-1)).toBe('Stopped before the end; run it again to complete it')
    const rest = await run({ 'books.json': books(100) }, [BOOK], into)
    expect(counts(rest)).toEqual({ Book: { created: 70, unchanged: 30 } })
  })

  test('by an abort between two timers, though the store never leaves the microtasks', async () => {
    const stop = new AbortController()
    let isSet = false
    const report = await run({ 'books.json': books(2_000) }, [BOOK], shelf(library), {
      batch: 10,
      signal: stop.signal,
      onProgress() {
        if (!isSet) setTimeout(() => stop.abort(), 0)
        isSet = true
      },
    })
    expect(report.complete).toBe(false)
  })

  test('wherever it dies, is completed by the next', async () => {
    const rows = [
      { n: 1, boss: 2 },
      { n: 2, boss: 1 },
      { n: 3, boss: 5 },
      { n: 4, boss: 3 },
      { n: 5, boss: 4 },
      { n: 6, boss: null },
      { n: 7, boss: 6 },
    ]
    const rule = {
      entity: 'Employee',
      from: 'staff',
      fields: { number: 'n', name: { column: 'n', as: ['text'] }, boss: { key: { number: 'boss' } } },
    }
    const whole = shelf(library)
    await run({ 'staff.json': rows }, [rule], whole)
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.integer({ min: 1, max: 4 }), async (commits, batch) => {
        const into = shelf(library)
        let left = commits
        const writer: Shelf['writer'] = {
          commit(mutation) {
            if (left-- === 0) throw new Error('killed')
            return into.writer.commit(mutation)
          },
        }
        await run({ 'staff.json': rows }, [rule], { ...into, writer }, { batch }).catch(() => undefined)
        await run({ 'staff.json': rows }, [rule], into, { batch })
        expect(into.of('employee').toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
          whole.of('employee').toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('tells how far it is', async () => {
    const seen: unknown[] = []
    const author = { key: { name: 'title' }, create: true }
    await run({ 'books.json': books(25) }, [book({ author })], shelf(library), {
      batch: 10,
      onProgress: each => void seen.push(each),
    })
    expect(seen.at(0)).toEqual({ done: 10, total: 50, name: 'Author' })
    expect(seen.at(-1)).toEqual({ done: 50, total: 50, name: 'Book' })
  })
})

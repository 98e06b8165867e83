import { describe, expect, test } from 'vitest'
import { library } from './library.fixture.ts'
import { shelf } from './ports.fixture.ts'
import { formatReport } from './report.ts'
import { BOOK, book, books, counts, run } from './run.fixture.ts'

describe('an import', () => {
  test('writes texts, and again only those that differ', async () => {
    const into = shelf(library)
    const rules = [book({ blurb: 'blurb' })]
    const rows = (blurb: string) => [
      { isbn: 'a', title: 'A', blurb },
      { isbn: 'b', title: 'B', blurb: 'the same' },
      { isbn: 'c', title: 'C' },
    ]
    await run({ 'books.json': rows('first') }, rules, into)
    expect(into.rows.get('book_a')?.blurb).toBe('first')
    expect(into.rows.get('book_c')?.blurb).toBe('')
    const report = await run({ 'books.json': rows('second') }, rules, into, { update: true })
    expect(counts(report).Book).toEqual({ updated: 1, unchanged: 2 })
    expect(into.rows.get('book_a')?.blurb).toBe('second')
  })

  test('spells every type as rows hold it, from JSON', async () => {
    const into = shelf(library)
    const rows = [
      {
        isbn: 'a',
        title: 'A',
        pages: 10,
        weight: 1.5,
        sold: 9007199254740991,
        inPrint: false,
        published: '1999-01-02T00:00:00',
        indexedAt: '2020-01-01T01:00:00+01:00',
        binding: 'soft',
        words: ['x', 'y'],
        loans: 4,
      },
    ]
    const fields = Object.fromEntries(Object.keys(rows[0] ?? {}).map(name => [name, name]))
    const report = await run({ 'books.json': rows }, [book({ ...fields, language: { literal: 'en' } })], into)
    expect(report).toMatchObject({ complete: true, refused: [], notes: [] })
    expect(into.rows.get('book_a')).toMatchObject({
      title: 'A',
      pages: 10,
      weight: 1.5,
      sold: '9007199254740991',
      inPrint: false,
      published: '1999-01-02',
      indexedAt: '2020-01-01T00:00:00.000Z',
      binding: 'soft',
      words: ['x', 'y'],
      loans: '4',
      language: 'en',
    })
  })

  test('reads text as what fields hold, from CSV', async () => {
    const into = shelf(library)
    const csv =
      'isbn,title,pages,weight,sold,inPrint,loans,words\n007,A,10,.5,+012,false,3,x;y\n008,B,,,,,,\n'
    const fields = { pages: 'pages', weight: 'weight', sold: 'sold', inPrint: 'inPrint', loans: 'loans' }
    const report = await run(
      { 'books.csv': csv },
      [book({ ...fields, words: { column: 'words', as: [{ split: ';' }] } })],
      into,
    )
    expect(report.refused).toEqual([])
    const [a, b] = into.of('book')
    expect(a).toMatchObject({
      isbn: '007',
      pages: 10,
      weight: 0.5,
      sold: '12',
      inPrint: false,
      loans: '3',
      words: ['x', 'y'],
    })
    expect(b).toMatchObject({
      isbn: '008',
      pages: null,
      weight: null,
      sold: null,
      inPrint: true,
      loans: '0',
      words: [],
    })
  })

  test('refuses bad rows alone, each with row, column and reason', async () => {
    const into = shelf(library)
    const rows = [
      ...books(40),
      { isbn: 'x1', title: 'X', pages: 'ten' },
      { isbn: 'x2', title: null, pages: 1 },
      { isbn: null, title: 'X' },
      { isbn: 'x3', title: 'X', binding: 'paper' },
      { isbn: 'x4', title: 'X', sold: 2 ** 53 },
      { isbn: 'x5', title: 'X', published: 'yesterday' },
      { isbn: 'b7', title: 'again' },
      ...books(80).slice(40),
    ]
    const fields = {
      pages: 'pages',
      binding: 'binding',
      sold: 'sold',
      published: { column: 'published', as: [{ date: 'YYYY-MM-DD' }] },
    }
    const report = await run({ 'books.json': rows }, [book(fields)], into)
    expect(counts(report)).toEqual({ Book: { created: 80, refused: 7 } })
    expect(report.refused.map(({ row, column, code }) => [row, column, code])).toEqual([
      [41, 'pages', 'BAD_VALUE'],
      [42, 'title', 'REQUIRED'],
      [43, 'isbn', 'REQUIRED'],
      [44, 'binding', 'BAD_VALUE'],
      [45, 'sold', 'PRECISION_LOST'],
      [46, 'published', 'BAD_DATE'],
      [47, 'isbn', 'DUPLICATE_KEY'],
    ])
    expect(report.refused[6]?.message).toBe('isbn is the same as in row 8 of books, which counts')
    expect(into.rows.get('book_b7')?.title).toBe('T7')
  })

  test('skips what the mapping says, and tells what it did to values', async () => {
    const into = shelf(library)
    const rows = [
      { isbn: 1984, title: ' A ' },
      { isbn: 'b', title: 'B' },
      { isbn: 'c', title: 'draft' },
      { isbn: 'd', title: '' },
    ]
    const rule = book(
      { isbn: { column: 'isbn', as: ['text'] }, title: { column: 'title', as: ['trim'] }, language: 'lang' },
      {
        skip: [
          { column: 'title', is: 'draft', because: 'drafts stay behind' },
          { column: 'title', is: null, because: 'no title' },
        ],
      },
    )
    const report = await run(
      { 'books.json': [{ ...rows[0], shelf: 7, lang: null }, ...rows.slice(1)] },
      [rule],
      into,
    )
    expect(counts(report)).toEqual({ Book: { created: 2 } })
    expect(formatReport(report)).toEqual([
      'Book: 2 created, 0 unchanged',
      'Book.isbn: in 1 row isbn was a number: stored as text (row 1: 1984 -> "1984")',
      'Book.title: in 1 row title had blanks around it: trimmed (row 1: " A " -> "A")',
      'Book: 1 row skipped: drafts stay behind',
      'Book: 1 row skipped: no title',
      'books: the column shelf is not imported',
      'Book without values: language 2',
    ])
  })

  test('of an unknown column is refused before anything is written', async () => {
    const into = shelf(library)
    await expect(run({ 'books.csv': 'isbn,titel\n1,A\n' }, [BOOK], into)).rejects.toThrow(
      'BAD_MAPPING at rules.0.title: books.csv has no column "title"; it has: isbn, titel',
    )
    expect(into.mutations).toEqual([])
  })

  test('of nothing is fine', async () => {
    expect(await run({ 'books.json': [] }, [BOOK], shelf(library))).toEqual({
      complete: true,
      counts: [],
      refused: [],
      notes: [],
    })
    expect(await run({ 'books.csv': 'isbn,title\n' }, [BOOK], shelf(library))).toMatchObject({
      complete: true,
      refused: [],
    })
  })
})

import { describe, expect, test } from 'vitest'
import { library } from './library.fixture.ts'
import { shelf } from './ports.fixture.ts'
import { BOOK, book, books, counts, run } from './run.fixture.ts'

describe('an import', () => {
  test('finds rows of several entities by their keys, whichever the row names or says', async () => {
    const into = shelf(library)
    const keys = {
      Book: { key: { isbn: 'isbn' } },
      Place: { key: { country: 'land', city: 'town' }, create: true },
    }
    const rows = [
      { n: 1, isbn: 'b0' },
      { n: 2, land: 'CH', town: 'Bern' },
      { n: 3 },
      { n: 4, isbn: 'b1', land: 'CH', town: 'Bern' },
      { n: 5, isbn: 'b9' },
      { n: 6, land: 'CH' },
    ]
    const ticket = { entity: 'Ticket', from: 'tickets', fields: { number: 'n', about: { oneOf: keys } } }
    const report = await run({ 'tickets.json': rows, 'books.json': books(2) }, [ticket, book({})], into)
    const about = (n: number) => into.rows.get(`ticket_${n}`)?.about
    expect([1, 2, 3].map(about)).toEqual([
      'book_b0',
      [...into.rows.keys()].find(id => id.startsWith('place_')),
      null,
    ])
    expect(report.refused.map(({ row, column, code }) => [row, column, code])).toEqual([
      [4, 'isbn', 'AMBIGUOUS'],
      [5, 'isbn', 'REF_MISSING'],
      [6, 'town', 'REQUIRED'],
    ])

    const said = {
      number: 'n',
      about: {
        by: { column: 'kind', as: [{ values: { book: 'Book', ticket: 'Ticket', place: 'Place' } }] },
        oneOf: {
          Book: { key: { isbn: 'ref' } },
          Ticket: { key: { number: { column: 'ref', as: ['number'] } } },
        },
      },
    }
    const more = [
      { n: 11, kind: 'book', ref: 'b1' },
      { n: 12, kind: 'ticket', ref: '11' },
      { n: 13, kind: 'ticket', ref: '14' },
      { n: 14, kind: 'ticket', ref: '13' },
      { n: 15, kind: null, ref: 'b1' },
      { n: 16, kind: 'place', ref: 'b1' },
    ]
    const second = await run({ 'more.json': more }, [{ entity: 'Ticket', from: 'more', fields: said }], into)
    expect([11, 12, 13, 14, 15].map(about)).toEqual(['book_b1', 'ticket_11', 'ticket_14', 'ticket_13', null])
    expect(second.refused).toMatchObject([{ row: 6, column: 'kind', code: 'UNKNOWN_VALUE' }])
    const rules = [
      { entity: 'Ticket', from: 'more', fields: { number: 'n', about: { by: 'kind', oneOf: keys } } },
    ]
    await expect(run({ 'more.json': more }, rules, into)).rejects.toThrow(/whatever `by` says/)
    const none = [{ entity: 'Ticket', from: 'more', fields: { number: 'n', about: { oneOf: { Note: {} } } } }]
    await expect(run({ 'more.json': more }, none, into)).rejects.toThrow(/it may be: Book, Place, Ticket/)
  })

  test('finds references by natural key and makes targets only where asked to', async () => {
    const into = shelf(library)
    const rows = [
      { isbn: 'a', title: 'A', author: 'Ann', about: 'x|y' },
      { isbn: 'b', title: 'B', author: null, about: null },
      { isbn: 'c', title: 'C', author: 'Ann', about: 'y' },
    ]
    const about = { column: 'about', as: [{ split: '|' }] }
    const fields = {
      author: { key: { name: 'author' }, create: true },
      subjects: { key: { name: about }, create: true },
    }
    expect(counts(await run({ 'books.json': rows }, [book(fields)], into))).toEqual({
      Author: { created: 1 },
      Subject: { created: 2 },
      Book: { created: 3 },
    })
    expect(into.of('book').map(row => row.author)).toEqual(['author_Ann', null, 'author_Ann'])
    expect([...into.edges]).toEqual([
      'Book.subjects book_a|subject_x',
      'Book.subjects book_a|subject_y',
      'Book.subjects book_c|subject_y',
    ])
    const strict = shelf(library)
    const report = await run({ 'books.json': rows }, [book({ author: { key: { name: 'author' } } })], strict)
    expect(counts(report)).toEqual({ Book: { created: 1, refused: 2 } })
    expect(report.refused[0]).toMatchObject({ row: 1, column: 'author', code: 'REF_MISSING' })
  })

  test('makes ids of keys that hold references', async () => {
    const into = shelf(library)
    const edition = {
      entity: 'Edition',
      from: 'editions',
      fields: { book: { key: { isbn: 'isbn' } }, number: 'n' },
    }
    const sources = {
      'books.json': books(2),
      'editions.json': [
        { isbn: 'b1', n: 1 },
        { isbn: 'b1', n: 2 },
        { isbn: 'b9', n: 1 },
      ],
    }
    const report = await run(sources, [edition, BOOK], into)
    expect(counts(report)).toEqual({ Book: { created: 2 }, Edition: { created: 2, refused: 1 } })
    expect(into.of('edition').map(row => [row.book, row.number])).toEqual([
      ['book_b1', 1],
      ['book_b1', 2],
    ])
  })

  test('writes edges that are rows of a source', async () => {
    const into = shelf(library)
    const rows = [
      { b: 'b0', s: 'x' },
      { b: 'b0', s: 'y' },
      { b: 'b1', s: 'x' },
      { b: 'b0', s: 'x' },
      { b: 'b9', s: 'x' },
      { b: 'b0', s: null },
    ]
    const rules = [
      { edges: 'Book.subjects', from: 'links', of: { isbn: 'b' }, add: { key: { name: 's' }, create: true } },
      BOOK,
    ]
    const report = await run({ 'books.json': books(2), 'links.json': rows }, rules, into)
    expect(counts(report)).toEqual({
      Subject: { created: 2 },
      Book: { created: 2 },
      'Book.subjects': { created: 3, refused: 2 },
    })
    expect(report.refused.map(({ row, column, code }) => [row, column, code])).toEqual([
      [5, 'b', 'NOT_FOUND'],
      [6, 's', 'REQUIRED'],
    ])
    expect(report.notes).toContainEqual({ kind: 'repeated', name: 'Book.subjects', rows: 1 })
    const written = into.mutations.length
    expect(counts(await run({}, [], into))).toEqual({})
    const again = await run({ 'books.json': books(2), 'links.json': rows }, rules, into)
    expect(counts(again)).toMatchObject({ 'Book.subjects': { unchanged: 3, refused: 2 } })
    expect(into.mutations.slice(written).filter(({ applied }) => applied)).toEqual([])
  })

  test('puts rows behind those they refer to, and writes circles at once', async () => {
    const into = shelf(library)
    const staff = [
      { n: 1, name: 'A', boss: 3, city: 'Bern' },
      { n: 2, name: 'B', boss: 1, city: 'Bern' },
      { n: 3, name: 'C', boss: null, city: null },
      { n: 4, name: 'D', boss: 5, city: null },
      { n: 5, name: 'E', boss: 4, city: null },
      { n: 6, name: 'F', boss: 6, city: null },
      { n: 7, name: 'G', boss: 99, city: null },
    ]
    const rules = [
      {
        entity: 'Employee',
        from: 'staff',
        fields: {
          number: 'n',
          name: 'name',
          boss: { key: { number: 'boss' } },
          branch: { key: { city: 'city' } },
        },
      },
      { entity: 'Branch', from: 'branches', fields: { city: 'city', head: { key: { number: 'head' } } } },
    ]
    const sources = { 'staff.json': staff, 'branches.json': [{ city: 'Bern', head: 2 }] }
    const report = await run(sources, rules, into, { batch: 2 })
    expect(counts(report)).toEqual({ Employee: { created: 6, refused: 1 }, Branch: { created: 1 } })
    expect(report.refused[0]).toMatchObject({ row: 7, column: 'boss', code: 'REF_MISSING' })
    expect(
      into
        .of('employee')
        .map(({ id, boss }) => [id, boss])
        .toSorted(),
    ).toEqual([
      ['employee_1', 'employee_3'],
      ['employee_2', 'employee_1'],
      ['employee_3', null],
      ['employee_4', 'employee_5'],
      ['employee_5', 'employee_4'],
      ['employee_6', 'employee_6'],
    ])
    expect(into.rows.get('branch_Bern')?.head).toBe('employee_2')
    expect(into.rows.get('employee_1')?.branch).toBe('branch_Bern')
    expect(counts(await run(sources, rules, into))).toEqual({
      Employee: { unchanged: 6, refused: 1 },
      Branch: { unchanged: 1 },
    })
  })

  test('makes targets once per name, none for none, and refuses a bad name once', async () => {
    const into = shelf(library)
    const rows = [
      { isbn: 'a', title: 'A', when: '1.1.2000', country: 'CH', city: 'Bern' },
      { isbn: 'b', title: 'B', when: null, country: null, city: null },
      { isbn: 'c', title: 'C', when: 'once', country: 'CH', city: 'Bern' },
      { isbn: 'd', title: 'D', when: null, country: 'CH', city: null },
    ]
    const when = { column: 'when', as: [{ date: 'D.M.YYYY' }] }
    const fields = {
      author: { key: { name: when }, create: true },
      place: { key: { country: 'country', city: 'city' }, create: true },
    }
    const report = await run({ 'books.json': rows }, [book(fields)], into)
    expect(counts(report)).toEqual({
      Author: { created: 1 },
      Place: { created: 1 },
      Book: { created: 2, refused: 2 },
    })
    expect(report.refused).toMatchObject([
      { row: 3, column: 'when', code: 'BAD_DATE' },
      { row: 4, column: 'city', code: 'REQUIRED' },
    ])
    expect(into.rows.get('book_b')?.place).toBeNull()
  })

  test('makes no targets of rows that are skipped', async () => {
    const into = shelf(library)
    const rows = [
      { isbn: 'a', title: 'A', author: 'Ann' },
      { isbn: 'b', title: 'draft', author: 'Bob' },
    ]
    const skip = [{ column: 'title', is: 'draft', because: 'drafts stay behind' }]
    const report = await run(
      { 'books.json': rows },
      [book({ author: { key: { name: 'author' }, create: true } }, { skip })],
      into,
    )
    expect(into.of('author').map(({ id }) => id)).toEqual(['author_Ann'])
    expect(report.notes).toEqual([{ kind: 'skipped', name: 'Book', because: 'drafts stay behind', rows: 1 }])
  })
})

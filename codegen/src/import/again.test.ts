import { describe, expect, test } from 'vitest'
import { library } from './library.fixture.ts'
import { type Shelf, shelf } from './ports.fixture.ts'
import { book, counts, run } from './run.fixture.ts'

describe('importing again', () => {
  const first = [
    { isbn: 'a', title: 'A', pages: 1, words: ['x'], about: 'x', loans: 2 },
    { isbn: 'b', title: 'B', pages: 2, words: [], about: 'x', loans: 0 },
  ]
  const rule = book({
    pages: 'pages',
    words: 'words',
    loans: 'loans',
    language: 'language',
    subjects: { key: { name: { column: 'about', as: [{ split: '|' }] } }, create: true },
  })
  const rows = (list: readonly object[]) => ({ 'books.json': list.map(row => ({ language: null, ...row })) })

  test('changes nothing', async () => {
    const into = shelf(library)
    await run(rows(first), [rule], into)
    const written = into.mutations.length
    for (const update of [false, true]) {
      const report = await run(rows(first), [rule], into, { update })
      expect(counts(report)).toEqual({ Subject: { unchanged: 1 }, Book: { unchanged: 2 } })
    }
    expect(into.mutations).toHaveLength(written)
  })

  const second = [
    { ...first[0], pages: 5, words: ['y'], about: 'x|z', loans: 9 },
    { ...first[1], pages: null },
  ]

  test('leaves other values alone', async () => {
    const into = shelf(library)
    await run(rows(first), [rule], into)
    const before = JSON.stringify([...into.rows.values()].filter(({ id }) => id.startsWith('book')))
    expect(counts(await run(rows(second), [rule], into))).toMatchObject({ Book: { unchanged: 2 } })
    expect(JSON.stringify([...into.rows.values()].filter(({ id }) => id.startsWith('book')))).toBe(before)
  })

  test('with update writes only the fields that differ', async () => {
    const into = shelf(library)
    await run(rows(first), [rule], into)
    const acts: unknown[] = []
    const writer: Shelf['writer'] = {
      commit(mutation) {
        acts.push(...mutation.acts)
        return into.writer.commit(mutation)
      },
    }
    const report = await run(rows(second), [rule], { ...into, writer }, { update: true })
    expect(counts(report)).toEqual({ Subject: { created: 1, unchanged: 1 }, Book: { updated: 2 } })
    expect(acts.slice(1)).toEqual([
      {
        kind: 'update',
        entity: 'Book',
        id: 'book_a',
        fields: {
          pages: { kind: 'set', value: 5 },
          words: { kind: 'alter', add: ['y'], remove: [] },
          subjects: { kind: 'alter', add: ['subject_z'], remove: [] },
        },
      },
      { kind: 'update', entity: 'Book', id: 'book_b', fields: { pages: { kind: 'set', value: null } } },
    ])
  })

  test('with update refuses what is fixed at creation', async () => {
    const into = shelf(library)
    await run(rows([{ ...first[0], language: 'en' }]), [rule], into)
    const report = await run(rows([{ ...first[0], language: 'de' }]), [rule], into, { update: true })
    expect(report.refused).toMatchObject([{ row: 1, column: 'language', code: 'ONCE' }])
  })

  test('leaves deleted rows deleted', async () => {
    const into = shelf(library)
    into.dead.add('book_a')
    expect(counts(await run(rows(first), [rule], into))).toEqual({
      Subject: { created: 1 },
      Book: { created: 1, deleted: 1 },
    })
  })
})

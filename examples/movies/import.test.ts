import { join } from 'node:path'
import { catalog } from '@zg/core/ir/catalog'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadMapping } from 'zg/import/load'
import { type Shelf, scope, shelf } from 'zg/import/ports.fixture'
import type { Report } from 'zg/import/report'
import { runImport } from 'zg/import/run'
import schema from './schema.ts'

const model = catalog(schema.ir)

async function importInto({ reader, writer }: Shelf, update = false): Promise<Report> {
  const mapping = await loadMapping(join(import.meta.dirname, 'movies.mapping.json'), model)
  return runImport({ mapping, catalog: model, reader, writer, scope, update })
}

describe('the films of vega-datasets', () => {
  const into = shelf(model)
  let report: Report
  beforeAll(async () => {
    report = await importInto(into)
  })

  test('fit a schema without problems, all of which is enforced', () => {
    expect(schema.problems).toEqual([])
    expect(schema.ir.unenforced).toEqual([])
  })

  test('become 3,200 movies; the one without a title is refused', () => {
    const counts = report.counts.map(({ name, created, refused }) => [name, created, refused])
    expect(Object.fromEntries(counts.map(([name, ...rest]) => [name, rest]))).toEqual({
      Person: [550, 0],
      Distributor: [174, 0],
      Genre: [12, 0],
      Movie: [3200, 1],
    })
    expect(report.complete).toBe(true)
    expect(report.refused).toEqual([
      {
        source: 'films',
        row: 3054,
        line: null,
        name: 'Movie',
        column: 'Title',
        code: 'REQUIRED',
        message: 'Movie.title is required and the row has none',
      },
    ])
    expect(['movie', 'person', 'distributor', 'genre'].map(prefix => into.of(prefix).length)).toEqual([
      3200, 550, 174, 12,
    ])
  })

  test('are repaired in three ways, each counted', () => {
    const repaired = report.notes.flatMap(note =>
      note.kind === 'repaired' ? [[note.name, note.what, note.rows]] : [],
    )
    expect(repaired.toSorted()).toEqual([
      ['Movie.released', 'century', 22],
      ['Movie.title', 'encoding', 18],
      ['Movie.title', 'numberAsText', 9],
    ])
    expect(report.notes).toContainEqual({
      kind: 'shared',
      name: 'Movie.title',
      values: 24,
      rows: 48,
      by: ['released'],
    })
    expect(report.notes.filter(({ kind }) => !['repaired', 'missing', 'shared'].includes(kind))).toEqual([])
  })

  test('lack values, counted by field', () => {
    const missing = report.notes.flatMap(note => (note.kind === 'missing' ? [[note.name, note.rows]] : []))
    expect(Object.fromEntries(missing)).toEqual({
      'Movie.rating': 605,
      'Movie.runtime': 1992,
      'Movie.budget': 1,
      'Movie.grossUS': 7,
      'Movie.grossWorldwide': 7,
      'Movie.salesDVD': 2636,
      'Movie.tomatoes': 880,
      'Movie.imdb': 213,
      'Movie.votes': 213,
      'Movie.source': 365,
      'Movie.creativeType': 446,
      'Movie.director': 1330,
      'Movie.distributor': 232,
      'Movie.genre': 275,
    })
  })

  test('have the titles and dates they had in the cinema', () => {
    const released = (title: string) =>
      into
        .of('movie')
        .filter(movie => movie.title === title)
        .map(movie => movie.released)
    expect(released('Gone with the Wind')).toEqual(['1939-12-15'])
    expect(released('Ben-Hur').toSorted()).toEqual(['1925-12-30', '1959-11-18'])
    expect(released('1776')).toHaveLength(1)
    expect(released('Déjà Vu')).toHaveLength(1)
    expect(released('Alien³')).toHaveLength(1)
    expect(into.of('movie').every(({ released }) => String(released) <= '2011-12-31')).toBe(true)
  })

  test('are found again: a second run writes nothing, with update neither', async () => {
    const written = into.mutations.length
    for (const update of [false, true]) {
      const again = await importInto(into, update)
      expect(again.counts.map(({ created, updated, unchanged }) => [created, updated, unchanged])).toEqual([
        [0, 0, 550],
        [0, 0, 174],
        [0, 0, 12],
        [0, 0, 3200],
      ])
    }
    expect(into.mutations).toHaveLength(written)
  })
})

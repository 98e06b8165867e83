import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writer } from '@zg/core/ports/writer'
import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadMapping } from 'zg/import/load'
import { scope } from 'zg/import/ports.fixture'
import type { Report } from 'zg/import/report'
import { runImport } from 'zg/import/run'
import schema from './schema.ts'

describe('the films in a real store', () => {
  let database: Database
  let store: Store
  beforeAll(async () => {
    database = await memoryDatabase()
    store = await openStore(database, schema.ir)
  })
  afterAll(async () => {
    await store.close()
    await database.close()
  })

  async function importFilms(update = false, writer: Writer = store.writer): Promise<Report> {
    const { catalog, reader } = store
    const mapping = await loadMapping(join(import.meta.dirname, 'movies.mapping.json'), catalog)
    return runImport({ mapping, catalog, reader, writer, scope, update })
  }

  async function count(table: string): Promise<number> {
    const [row] = await database.query<{ count: string }>(`select count(*) from ${table}`)
    return Number(row?.count)
  }

  async function head(): Promise<number> {
    const [row] = await database.query<{ seq: string }>('select seq from zg.head')
    return Number(row?.seq ?? 0)
  }

  test('killed half-way are completed by the next run: nothing twice, nothing missing', async () => {
    let left = 4
    const writer: Writer = {
      async commit(mutation) {
        const outcome = await store.writer.commit(mutation)
        if (--left === 0) throw new Error('killed')
        return outcome
      },
    }
    await expect(importFilms(false, writer)).rejects.toThrow('killed')
    expect(await head()).toBeLessThan(3936)
    const report = await importFilms()
    expect(report).toMatchObject({ complete: true, refused: [{ row: 3054, code: 'REQUIRED' }] })
    expect(await Promise.all(['movie', 'person', 'distributor', 'genre'].map(count))).toEqual([
      3200, 550, 174, 12,
    ])
    // One change per row, and no more.
    expect(await head()).toBe(3936)
  })

  test('imported again log nothing; with update only what somebody changed goes back', async () => {
    const before = await head()
    await importFilms()
    await importFilms(true)
    expect(await head()).toBe(before)

    const [alien] = await database.query<{ id: string }>(`select id from movie where title = 'Alien'`)
    const fields = {
      imdb: { kind: 'set', value: 1 },
      director: { kind: 'set', value: null },
      likes: { kind: 'increment', by: '3' },
    } as const
    await store.writer.commit({
      scope,
      acts: [{ kind: 'update', entity: 'Movie', id: alien?.id ?? '', fields }],
    })
    await importFilms()
    expect(await head()).toBe(before + 1)
    const report = await importFilms(true)
    expect(report.counts.find(({ name }) => name === 'Movie')).toMatchObject({ updated: 1, unchanged: 3199 })
    expect(await head()).toBe(before + 2)
    expect(
      await database.query(
        `select imdb, likes, director_id is null as lost from movie where title = 'Alien'`,
      ),
    ).toEqual([{ imdb: 8.5, likes: '3', lost: false }])
  }, 60_000)

  test('hold what the file holds', async () => {
    const mapping = await loadMapping(join(import.meta.dirname, 'movies.mapping.json'), store.catalog)
    const films: readonly { readonly [column: string]: number | string | null }[] = JSON.parse(
      await readFile(mapping.sources[0]?.file ?? '', 'utf8'),
    )
    const titled = films.filter(film => film.Title !== null)
    const sum = (column: string) => titled.reduce((total, film) => total + Number(film[column]), 0)
    expect(
      await database.query(
        `select sum(gross_worldwide)::text as gross, sum(votes)::text as votes, min(released)::text as first,
          max(released)::text as last, count(director_id) as directed from movie`,
      ),
    ).toEqual([
      {
        gross: String(sum('Worldwide Gross')),
        votes: String(sum('IMDB Votes')),
        first: '1915-02-08',
        last: '2011-12-23',
        directed: String(titled.filter(film => film.Director !== null).length),
      },
    ])
  })
})

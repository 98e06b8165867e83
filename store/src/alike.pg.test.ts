import { catalog } from '@zg/core/ir/catalog'
import { noteModel } from '@zg/core/ir/notes.fixture'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { totalOrder } from '@zg/core/query/order'
import { RANK } from '@zg/core/query/search'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../scripts/testing/pg.ts'
import { select } from './compile/select.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import type { Database } from './session.ts'
import { openStore } from './store.ts'
import { layout } from './tables/layout.ts'

const [note] = noteModel.entities
if (!note) throw new Error('There are no notes')
/** Notes, found by their titles; and by other fields, too. */
const searched = (...on: readonly string[]) => ({
  ...noteModel,
  entities: [{ ...note, indexes: [{ on, kind: 'fulltext' as const }] }],
})
const model = searched('title')
const order = totalOrder([RANK])

describePg('pg_trgm', () => {
  let server: Server
  let database: Database
  beforeAll(async () => {
    server = await freshDatabase()
    database = await openDatabase({ url: server.url })
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  const indexes = async () =>
    (
      await database.query<{ name: string }>(
        `select indexname as name from pg_indexes where indexname ~ '_alike_'`,
      )
    ).length

  test('where it is there, words that are only alike are found behind those themselves, by an index', async () => {
    const titles = [
      'Strawberry Fields',
      'Strawbery jam',
      'Raspberry',
      'Blueberries and strawberries',
      'The Shining',
    ]
    const found = async (search: string): Promise<readonly string[]> => {
      const store = await openStore(database, model)
      const snapshot = store.reader.open({ tenant: MAIN, principal: ANONYMOUS })
      const [rows = []] = await snapshot.pages({ entity: 'Note', fields: ['title'], search, order })
      const [[count] = []] = await snapshot.aggregates({
        entity: 'Note',
        measures: [{ kind: 'count' }],
        search,
      })
      await snapshot.close()
      await store.close()
      expect(count?.values).toEqual([rows.length])
      return rows.map(({ title }) => String(title))
    }
    const store = await openStore(database, model)
    const acts = titles.map((value, i) => ({
      kind: 'create' as const,
      entity: 'Note',
      id: `note_${i}`,
      fields: { title: { kind: 'set' as const, value } },
    }))
    await store.writer.commit({ scope: { tenant: MAIN, principal: ANONYMOUS }, acts })
    await store.close()
    expect(await found('strawberry')).toEqual(['Strawberry Fields'])
    expect(await indexes()).toBe(0)

    await database.query('create schema extra')
    await database.query('create extension pg_trgm schema extra')
    const [first, ...others] = await found('strawberry')
    expect(first).toBe('Strawberry Fields')
    expect(others).toEqual(expect.arrayContaining(['Strawbery jam', 'Blueberries and strawberries']))
    expect(others).not.toContain('The Shining')
    expect(await found('shinning')).toEqual(['The Shining'])
    // Who says more than words means what he says.
    expect(await found('strawberry -fields')).toEqual([])
    expect(await found('"strawbery fields"')).toEqual([])
    expect(await found('st')).toHaveLength(3)
    expect(await indexes()).toBe(1)

    await database.query(
      `insert into public.note (tenant, id, title, _state) select 'many', 'note_' || n, 'words and w' || n, '{}' from generate_series(1, 5000) as n`,
    )
    await database.query('analyze public.note')
    const { text, values } = select(
      layout(model, 'extra'),
      { tenant: 'many', ids: '{}', form: 'plain' },
      {
        entity: 'Note',
        fields: ['title'],
        order,
        search: 'wrds w4711',
        limit: 10,
      },
    )
    const plan = await database.query(`explain ${text}`, values)
    expect(plan.map(row => row['QUERY PLAN']).join('\n')).toMatch(/Bitmap Index Scan on note_title_alike/)
  })

  test('its indexes follow what is searched', async () => {
    const names = async () =>
      (await database.query(`select indexname as name from pg_indexes where indexname ~ '_alike_'`)).map(
        ({ name }) => name,
      )
    await migrate(database, searched('title', 'body'))
    expect(await names()).toEqual([expect.stringMatching(/^note_title_body_alike_/)])
    await migrate(database, searched('title', 'body'))
    expect(await names()).toHaveLength(1)
    expect(catalog(model).entities).toHaveLength(1)
  })
})

import { createHash } from 'node:crypto'
import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryDatabase } from './database.fixture.ts'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'

let database: Database
beforeAll(async () => {
  database = await memoryDatabase()
  await migrate(database, filmModel)
})
afterAll(() => database.close())

test('smoke', async () => {
  const reader = sqlReader(database, catalog(filmModel), 'l')
  const s = reader.open({ tenant: 'main', principal: { id: 'x', roles: [], claims: {} } })
  const path = (...p: string[]) => ({ kind: 'path' as const, path: p })
  const value = (v: any) => ({ kind: 'value' as const, value: v })
  await s.pages({ entity: 'Film', fields: ['title', 'moods', 'seen'], order: [{ path: ['director', 'name'], direction: 'desc' }, { path: ['poster', 'url'], direction: 'asc' }, { path: ['id'], direction: 'asc' }], after: ['x', null, 'film_1'], limit: 5,
   where: { kind: 'and', of: [
    { kind: 'eq', left: path('seen'), right: value(false) },
    { kind: 'in', left: path('seen'), values: [false, null] },
    { kind: 'notIn', left: path('year'), values: [1, 2 ** 40] },
    { kind: 'lt', left: path('gross'), right: value('99999999999999999999') },
    { kind: 'gt', left: path('addedAt'), right: value('2026-01-01T00:00:00.000Z') },
    { kind: 'gt', left: path('year'), right: path('score') },
    { kind: 'has', left: path('moods'), element: 'x' },
    { kind: 'some', path: ['director', 'directed'], where: { kind: 'none', path: ['tags'], where: { kind: 'eq', left: path('name'), right: value('x') } } },
    { kind: 'isNull', left: path('director', 'name') },
   ] } })
  await s.pages({ entity: 'Tag', fields: ['name'], order: [{ path: ['id'], direction: 'asc' }], under: { entity: 'Film', relation: 'tags', ids: ['film_1', 'film_2'] } , limit: 2})
  expect(await s.rows('Film', ['title'], ['a', 'b'])).toEqual([null, null])
  expect(await s.position()).toEqual({ log: 'l', seqs: { main: 0 } })
  await s.close()
})

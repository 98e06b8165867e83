import type { Address } from '@zg/core/act/needs'
import { CHANGE_VERSION, type Change } from '@zg/core/change/change'
import { hlcOf } from '@zg/core/change/clock'
import { edgeKey } from '@zg/core/change/id'
import type { Instance } from '@zg/core/change/instance'
import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { StatementRefused, type Storage, type Writes } from '@zg/core/ports/storage'
import { storageSuite } from '@zg/core/ports/storage.suite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryDatabase } from './database.fixture.ts'
import { migrate } from './migrate.ts'
import type { Database, Session } from './session.ts'
import { sqlStorage } from './storage.ts'

const films = catalog(filmModel)

storageSuite('PGlite', async () => {
  const database = await memoryDatabase()
  await migrate(database, filmModel)
  return { storage: await sqlStorage(database, films), overlapping: false, close: () => database.close() }
})

describe('the tables that SQL tools read', () => {
  let database: Database
  let storage: Storage
  const sent: string[] = []
  beforeAll(async () => {
    database = await memoryDatabase()
    await migrate(database, filmModel)
    storage = await sqlStorage(counting(database, sent), films)
  })
  afterAll(() => database.close())

  const at = hlcOf({ ms: 5, counter: 0, replica: 1n })
  const edge: Instance = { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [at]: 1 } } } }
  const row = (cells: Instance['cells'] = {}): Instance => ({ born: at, dead: null, cells })
  const dead: Instance = { born: null, dead: at, cells: {} }
  const film = (id: string): Address => ({ entity: 1, key: `film_${id}` })
  const tag = (id: string): Address => ({ entity: 5, key: `tag_${id}` })
  const tagging = (one: string, other: string): Address => ({
    entity: 6,
    key: edgeKey(`film_${one}`, `tag_${other}`),
  })

  const save = (
    tenant: string,
    instances: readonly (readonly [Address, Instance])[],
    more: Partial<Writes> = {},
  ) =>
    storage.batch([tenant], { wait: true }, batch =>
      batch.save(tenant, {
        head: batch.heads.get(tenant) ?? { seq: 0, hlc: null },
        entries: [],
        instances: instances.map(([address, instance]) => ({ ...address, instance, seq: 1 })),
        claims: [],
        verdicts: [],
        ...more,
      }),
    )
  const edges = (tenant: string) =>
    database.query('select film_id, tag_id from public.film_tags where tenant = $1 order by 1, 2', [tenant])

  test('hold values in columns of their types', async () => {
    const register = (value: string | number | boolean) => ({ kind: 'register' as const, at, value })
    const elements = { '"dark"': { [at]: 1 }, '"gone"': { [at]: -1 }, '"a\\"b"': { [at]: 1 } }
    const cells: Instance['cells'] = {
      1: register('Jaws'),
      2: register(1975),
      4: register(true),
      5: register('1975-06-20'),
      9: { kind: 'counter', sum: '12' },
      10: { kind: 'set', elements },
    }
    await save('columns', [[film('a'), row(cells)]])
    const found = await database.query(
      `select title, year, seen, released::text, likes, moods, director_id, extract(year from released)::int as y
      from public.film where tenant = 'columns' and likes > 11 and 'dark' = any(moods)`,
    )
    const values = {
      title: 'Jaws',
      year: 1975,
      seen: true,
      released: '1975-06-20',
      likes: '12',
      director_id: null,
    }
    expect(found).toEqual([{ ...values, moods: ['a"b', 'dark'], y: 1975 }])
  })

  test('lose dead rows and their edges, at either end, and edges never come back to them', async () => {
    const rows = [film('a'), film('b'), tag('x'), tag('y')].map(address => [address, row()] as const)
    const pairs = [tagging('a', 'x'), tagging('b', 'x'), tagging('b', 'y')].map(
      address => [address, edge] as const,
    )
    await save('dead', [...rows, ...pairs])
    expect(await edges('dead')).toHaveLength(3)
    await save('dead', [[film('a'), dead]])
    expect(await edges('dead')).toEqual([
      { film_id: 'film_b', tag_id: 'tag_x' },
      { film_id: 'film_b', tag_id: 'tag_y' },
    ])
    await save('dead', [[tag('y'), dead]])
    await save('dead', [
      [tagging('a', 'x'), edge],
      [tagging('b', 'y'), edge],
    ])
    expect(await edges('dead')).toEqual([{ film_id: 'film_b', tag_id: 'tag_x' }])
    expect(await database.query(`select id from public.film where tenant = 'dead'`)).toEqual([
      { id: 'film_b' },
    ])
    expect(await database.query(`select id from zg.tombstone where tenant = 'dead' order by 1`)).toEqual([
      { id: 'film_a' },
      { id: 'tag_y' },
    ])
  })

  test('cost as many statements for a thousand rows as for one', async () => {
    const batch = (n: number) =>
      Array.from({ length: n }, (_, i) => [
        [film(`${i}`), row()] as const,
        [tag(`${i}`), row()] as const,
        [tagging(`${i}`, `${i}`), edge] as const,
        [film(`dead${i}`), dead] as const,
      ]).flat()
    const cost = async (tenant: string, n: number) => {
      await storage.batch([tenant], { wait: true }, async () => {})
      sent.length = 0
      await save(tenant, batch(n))
      return sent.length
    }
    expect(await cost('many', 1_000)).toBe(await cost('one', 1))
    sent.length = 0
    const asked = batch(500).map(([address]) => address)
    const needs = {
      instances: asked,
      inbound: asked,
      claims: [],
      stamps: [],
      fresh: [],
      verdicts: [],
      clients: [],
    }
    const loaded = await storage.batch(['many'], { wait: true }, loading => loading.load('many', needs))
    expect(loaded.instances.filter(({ born }) => born !== null)).toHaveLength(1_000)
    // The lock; three tables; what is hidden; and the to-one columns that refer to films and tags.
    expect(sent.length).toBe(1 + 3 + 1 + 2)
  })

  test('a refused statement says so, and the batch leaves nothing', async () => {
    const change: Change = {
      v: CHANGE_VERSION,
      id: at,
      tenant: 'refused',
      schema: 'a0',
      entity: 1,
      key: 'film_a',
      ops: [],
      base: null,
      by: 'a',
      mutation: { client: 'c', n: 1, index: 0 },
    }
    const entries = [1, 2].map(seq => ({ seq, change, before: null, last: true }))
    const saving = save('refused', [[film('a'), row()]], { entries, head: { seq: 2, hlc: at } })
    await expect(saving).rejects.toThrow(StatementRefused)
    expect((await storage.heads(['refused'])).get('refused')?.seq).toBe(0)
    expect(await database.query(`select id from public.film where tenant = 'refused'`)).toEqual([])
  })
})

/** Notes each statement of a transaction. */
function counting(database: Database, sent: string[]): Database {
  const counted = (session: Session): Session => ({
    query: (text, values) => {
      sent.push(text)
      return session.query(text, values)
    },
  })
  return {
    ...database,
    transaction: (mode, work) => database.transaction(mode, session => work(counted(session))),
  }
}

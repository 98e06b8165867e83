import type { Act } from '@zg/core/act/act'
import { createClock } from '@zg/core/change/clock'
import { histories } from '@zg/core/ports/history.suite'
import { add, create, film, films, remove, review, set, tag, update } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machine } from '../host.ts'
import { migrate, servedModel } from '../migrate.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { layout } from '../tables/layout.ts'
import { createWriter } from '../writer/writer.ts'
import { compare } from './compare.ts'
import { rebuild } from './rebuild.ts'
import { type Told, told } from './told.ts'

type History = readonly (readonly Act[])[]

const { model } = films
const { entities, relations } = layout(model)
const TABLES = [
  ...[...entities.values(), ...relations.values()].map(({ sql }) => sql),
  'zg.waiting',
  'zg.tombstone',
  'zg.claim',
]

/** The tables that a log can rebuild, on a database of any kind. */
export function rebuildSuite(name: string, open: () => Promise<Database>): void {
  describe(`${name}: rebuild`, () => {
    let database: Database
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database.close())

    /** Every line of every table. */
    const dump = async (): Promise<readonly string[]> => {
      const lists = await Promise.all(
        TABLES.map(table =>
          database.query<{ line: string }>(`select row_to_json(t)::text as line from ${table} t order by 1`),
        ),
      )
      return lists.flatMap((rows, i) => rows.map(({ line }) => `${TABLES[i]} ${line}`))
    }
    let tenants = 0
    const write = (history: History) => play(database, history, `tenant${++tenants}`)

    test('a database that nobody has served has no model', async () => {
      expect(await servedModel(database)).toBeNull()
      await migrate(database, model)
      expect(await servedModel(database)).toEqual(model)
    })

    test('from the log alone come the very tables that the writer left, line by line', async () => {
      // Each in a tenant of its own.
      await fc.assert(
        fc.asyncProperty(histories, history => write(history)),
        { numRuns: 8 },
      )
      const before = await dump()
      expect(before.length).toBeGreaterThan(20)
      expect((await compare(database, model)).differences).toEqual([])
      const told: number[] = []
      const entries = await rebuild(database, model, ({ done, total }) => told.push(done / total))
      expect(await dump()).toEqual(before)
      expect(told.at(-1)).toBe(1)
      expect(entries).toBe((await compare(database, model)).entries)
    })

    test('what is wrong with them is found, each by its name, and made good', async () => {
      await write(DAMAGED)
      const before = await dump()
      for (const [damage, difference] of DAMAGES) {
        await database.query(damage)
        expect((await compare(database, model)).differences.join('\n')).toMatch(difference)
      }
      await rebuild(database, model, () => {})
      expect(await dump()).toEqual(before)
      expect((await compare(database, model)).differences).toEqual([])
    })

    test('an instance is merged whole, wherever the pages of the log end', async () => {
      await write(DAMAGED)
      const all = async (page?: number): Promise<readonly Told[]> => {
        const found: Told[] = []
        for (const what of ['rows', 'edges'] as const) {
          for await (const { instances } of told(database, `tenant${tenants}`, what, () => {}, page))
            found.push(...instances)
        }
        return found
      }
      const whole = await all()
      expect(whole.map(({ key }) => key)).toContain('film_a|tag_x')
      for (const page of [1, 2, 3]) expect(await all(page)).toEqual(whole)
    })
  })
}

const DAMAGES: readonly (readonly [string, RegExp])[] = [
  [`update public.film set title = title || '!'`, /film_.* is not what the log says/],
  [`update public.tag set _state = jsonb_set(_state, '{at,1}', '"00000000000000000000000000"')`, /tag_/],
  ['delete from public.review', /"review" has 0 lines/],
  ['delete from public.film_tags', /film_tags.* has 0 lines/],
  ['delete from zg.tombstone', /zg.tombstone has 0 lines/],
  ['delete from zg.claim', /does not hold its unique value/],
  [
    `insert into zg.claim select tenant, '7.9', '["' || id || '"]', id from public.film`,
    /zg.claim has [1-9]\d* lines/,
  ],
  [
    `insert into public.tag (tenant, id, name, _state) select tenant, 'tag_forged', 'F', _state from public.tag limit 1`,
    /"tag" has/,
  ],
]

/** Something of every kind to damage: rows, an edge, a dead row, a claim. */
const DAMAGED: History = [
  [film('a'), film('b'), tag('x'), review('1', 'film_a')],
  [update('Film', 'film_a', { tags: add('tag_x') })],
  [create('Poster', 'poster_1', { film: set('film_a'), url: set('u') })],
  [remove('Film', 'film_b')],
]

async function play(database: Database, history: History, tenant: string): Promise<void> {
  const storage = await sqlStorage(database, films)
  const clock = createClock({ now: () => Date.now(), replica: 7n })
  const writer = createWriter({ storage, catalog: films, schema: 'schema', clock, host: machine })
  for (const acts of history) await writer.commit({ scope: { tenant, principal: ANONYMOUS }, acts })
  await writer.close()
}

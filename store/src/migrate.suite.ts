import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import type { EntityIR, FieldIR, ModelIR } from '@zg/core/ir/ir'
import { ProblemError } from '@zg/core/problem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'

export interface Databases {
  /** An empty one. */
  make(): Promise<{ readonly database: Database; readonly close: () => Promise<void> }>
}

const change = (model: ModelIR, entity: string, change: (entity: EntityIR) => EntityIR): ModelIR => ({
  ...model,
  entities: model.entities.map(one => (one.name === entity ? change(one) : one)),
})

const field = (number: number, name: string, more: Partial<FieldIR>): FieldIR => ({
  name,
  number,
  crdt: 'register',
  type: { kind: 'scalar', scalar: 'string' },
  optional: false,
  once: false,
  graphql: {},
  ...more,
})

const withFields = (...fields: readonly FieldIR[]) =>
  change(filmModel, 'Film', film => ({ ...film, fields: [...film.fields, ...fields] }))

const withoutField = (name: string) =>
  change(filmModel, 'Film', film => ({
    ...film,
    fields: film.fields.filter(one => one.name !== name),
    indexes: [],
  }))

/** Film <-> Person, title -> label, and everything that names them. */
const renamed: ModelIR = JSON.parse(
  JSON.stringify(filmModel)
    .replaceAll('"Film', '"*')
    .replaceAll('"Person', '"Film')
    .replaceAll('"*', '"Person')
    .replaceAll('"title"', '"label"'),
)

/** Each only adds to the film model. */
const additions: readonly (readonly [string, ModelIR])[] = [
  ['nothing', filmModel],
  ['an optional field', withFields(field(20, 'note', { optional: true }))],
  ['a required field with a default', withFields(field(20, 'note', { default: "it's" }))],
  [
    'a boolean with a default',
    withFields(field(20, 'hot', { default: true, type: { kind: 'scalar', scalar: 'boolean' } })),
  ],
  [
    'a counter, a set and a document',
    withFields(
      field(20, 'views', { crdt: 'counter', type: { kind: 'scalar', scalar: 'bigint' } }),
      field(21, 'years', { crdt: 'set', type: { kind: 'scalar', scalar: 'int' } }),
      field(22, 'remarks', { crdt: 'json', type: { kind: 'scalar', scalar: 'json' } }),
    ),
  ],
  [
    'a to-one',
    withFields(
      field(20, 'sequelTo', {
        optional: true,
        type: { kind: 'ref', to: 'Film', onDelete: 'setNull', unique: false },
      }),
    ),
  ],
  [
    'an index more, an index less',
    change(filmModel, 'Film', film => ({ ...film, indexes: [{ on: ['title'], kind: 'hash' }] })),
  ],
  [
    'an entity and a relation',
    {
      ...filmModel,
      entities: [
        ...filmModel.entities,
        {
          name: 'Award',
          number: 9,
          prefix: 'award',
          key: [],
          fields: [field(1, 'name', {})],
          inverses: [],
          indexes: [],
          graphql: {},
        },
      ],
      relations: [...filmModel.relations, { name: 'Film.awards', number: 10, from: 'Film', to: 'Award' }],
    },
  ],
  ['names swapped', renamed],
  [
    'values of every kind with defaults',
    withFields(
      field(20, 'fee', { default: '-0.050', type: { kind: 'scalar', scalar: 'decimal', scale: 3 } }),
      field(21, 'badge', { default: 'AQID', type: { kind: 'scalar', scalar: 'bytes' } }),
      field(22, 'extra', { default: { "it's": ['a'] }, type: { kind: 'scalar', scalar: 'json' } }),
    ),
  ],
]

export function migrateSuite(name: string, { make }: Databases): void {
  describe(`${name}: migrate`, () => {
    let open: { readonly database: Database; readonly close: () => Promise<void> }
    let database: Database
    beforeEach(async () => {
      open = await make()
      database = open.database
    })
    afterEach(() => open.close())

    test.for(additions)('adding %s gives the tables of a new database', async ([, model]) => {
      const other = await make()
      try {
        await migrate(other.database, model)
        await migrate(database, filmModel)
        await migrate(database, model)
        expect(await shape(database)).toEqual(await shape(other.database))
      } finally {
        await other.close()
      }
    })

    test('rows that are there show the defaults of every kind of value', async () => {
      await migrate(database, filmModel)
      await database.query(
        `insert into public.film (tenant, id, title, likes, moods, _state)
        values ('main', 'film_1', 'One', 7, '{"dark"}', '{"born":"x"}')`,
      )
      const model = new Map(additions).get('values of every kind with defaults') ?? filmModel
      await migrate(database, model)
      const snapshot = sqlReader(database, catalog(model), 'log').open({
        tenant: 'main',
        principal: { id: 'a', roles: [], claims: {} },
      })
      const rows = await snapshot.rows('Film', ['fee', 'badge', 'extra'], ['film_1'])
      await snapshot.close()
      expect(rows).toEqual([{ id: 'film_1', fee: '-0.050', badge: 'AQID', extra: { "it's": ['a'] } }])
    })

    test('rows stay, and show the default of a new required field', async () => {
      await migrate(database, filmModel)
      await database.query(
        `insert into public.film (tenant, id, title, likes, moods, _state)
        values ('main', 'film_1', 'One', 7, '{"dark"}', '{"born":"x"}')`,
      )
      const [, model] = additions[2] ?? ['', filmModel]
      const steps = await migrate(database, model)
      expect(steps.map(({ kind, path }) => [kind, ...path])).toEqual([['addField', 'Film', 'note']])
      const reader = sqlReader(database, catalog(model), 'log')
      const snapshot = reader.open({ tenant: 'main', principal: { id: 'a', roles: [], claims: {} } })
      const rows = await snapshot.rows('Film', ['title', 'note', 'likes', 'moods', 'year'], ['film_1'])
      await snapshot.close()
      expect(rows).toEqual([
        { id: 'film_1', title: 'One', note: "it's", likes: '7', moods: ['dark'], year: null },
      ])
    })

    test('swapped names take their rows along', async () => {
      await migrate(database, filmModel)
      await database.query(
        `insert into public.film (tenant, id, title, _state) values ('main', 'film_1', 'One', '{"born":"x"}')`,
      )
      await migrate(database, renamed)
      expect(await database.query('select id, label from public.person')).toEqual([
        { id: 'film_1', label: 'One' },
      ])
      expect(await database.query('select id from public.film')).toEqual([])
    })

    test('a second start changes nothing', async () => {
      await migrate(database, filmModel)
      const before = await shape(database)
      const log = await database.query('select log, ir from zg.meta')
      expect(await migrate(database, filmModel)).toEqual([])
      expect(await shape(database)).toEqual(before)
      expect(await database.query('select log, ir from zg.meta')).toEqual(log)
    })

    test('gateways that start at once do not stand in each other’s way', async () => {
      const models = [filmModel, ...additions.slice(1, 3).map(([, model]) => model)]
      await migrate(database, filmModel)
      const note = models[1] ?? filmModel
      await Promise.all([note, note, note, note].map(model => migrate(database, model)))
      const columns = await database.query(
        `select column_name from information_schema.columns where table_name = 'film' and column_name = 'note'`,
      )
      expect(columns).toHaveLength(1)
    })

    test('a new database is made once by many', async () => {
      await Promise.all(Array.from({ length: 4 }, () => migrate(database, filmModel)))
      expect(await database.query('select count(*)::int as n from zg.meta')).toEqual([{ n: 1 }])
    })

    test.for([
      ['a field', withoutField('year'), ['Film', 'year']],
      [
        'an entity',
        { ...filmModel, entities: filmModel.entities.filter(one => one.name !== 'Review') },
        ['Review'],
      ],
    ] satisfies readonly (readonly [string, ModelIR, readonly string[]])[])(
      'removing %s is refused with the plan, and nothing is done',
      async ([, model, path]) => {
        await migrate(database, filmModel)
        const before = await shape(database)
        // With something to add as well: it must not be done either.
        const mixed = change(model, 'Person', person => ({
          ...person,
          fields: [...person.fields, field(30, 'nick', { optional: true })],
        }))
        const error = await migrate(database, mixed).catch((error: unknown) => error)
        if (!(error instanceof ProblemError)) throw error
        expect(error.problems).toMatchObject([{ code: 'MIGRATION_DESTRUCTIVE', path }])
        expect(error.message).toContain('Person.nick')
        expect(await shape(database)).toEqual(before)
      },
    )

    test('a unique key is added while there are no rows, and its claims go when it does', async () => {
      const keyed = change(filmModel, 'Person', person => ({
        ...person,
        indexes: [{ on: ['name'], kind: 'btree', unique: true }],
      }))
      await migrate(database, filmModel)
      expect((await migrate(database, keyed)).map(({ kind }) => kind)).toEqual(['addIndex', 'addUnique'])
      await database.query(
        `insert into zg.claim (tenant, index, value, id) values ('main', '2.1', '["a"]', 'person_a'), ('main', '7.1', '["b"]', 'poster_b')`,
      )
      await database.query(
        `insert into public.person (tenant, id, name, _state) values ('main', 'person_a', 'a', '{"born":"x"}')`,
      )
      expect((await migrate(database, filmModel)).map(({ kind }) => kind)).toEqual([
        'dropIndex',
        'dropUnique',
      ])
      expect(await database.query('select id from zg.claim')).toEqual([{ id: 'poster_b' }])
      const error = await migrate(database, keyed).catch((error: unknown) => error)
      if (!(error instanceof ProblemError)) throw error
      expect(error.problems).toMatchObject([{ code: 'MIGRATION_DESTRUCTIVE', path: ['Person', 'name'] }])
    })

    test('every IR is kept by its hash', async () => {
      await migrate(database, filmModel)
      await migrate(database, withFields(field(20, 'note', { optional: true })))
      expect(await database.query('select hash from zg.ir')).toHaveLength(2)
    })

    test('tables of another version are refused', async () => {
      await migrate(database, filmModel)
      await database.query('update zg.meta set version = 0')
      await expect(migrate(database, filmModel)).rejects.toThrow('STORE_VERSION')
    })
  })
}

/** All that Postgres knows of our tables; columns in the order of their names, since new ones come last. */
async function shape(database: Database): Promise<unknown> {
  const columns = await database.query(
    `select table_schema, table_name, column_name, udt_name, is_nullable, collation_name, column_default
    from information_schema.columns where table_schema in ('zg', 'public') order by 1, 2, 3`,
  )
  const indexes = await database.query(
    `select schemaname, tablename, indexdef from pg_indexes where schemaname in ('zg', 'public') order by 3`,
  )
  const constraints = await database.query(
    `select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as def
    from pg_constraint where contype <> 'n' and connamespace in ('zg'::regnamespace, 'public'::regnamespace) order by 1, 2`,
  )
  return { columns, indexes, constraints }
}

import SchemaBuilder from '@pothos/core'
import { filmModel } from '@zg/core/ir/film.fixture'
import { printSchema } from 'graphql'
import { expect, expectTypeOf, test } from 'vitest'
import { entity, f, model } from '../index.ts'
import { api, dataOf } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'
import ZG from './index.ts'

const film = { ir: filmModel }

type SchemaOf<M extends PothosSchemaTypes.UserSchemaTypes['ZG']> = { readonly [K in 'ZG']: M }

function serve(define: (b: ReturnType<typeof builder>) => void, ports: 'now' | 'later' = 'later') {
  const b = builder()
  define(b)
  const at = api({ ports, schema: b.toSchema() })
  at.apply(...FILMS)
  at.calls.length = 0
  return at
}

const builder = () => new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film } })

test('a field reads the columns it selects and is given nothing else', async () => {
  const seen: unknown[] = []
  const at = serve(b =>
    b.zgEntity('Film', t => ({
      decade: t.zg({
        type: 'Int',
        select: ['year'],
        runs: 'anywhere',
        nullable: true,
        use: row => {
          seen.push(row)
          return typeof row.year === 'number' ? row.year - (row.year % 10) : null
        },
      }),
    })),
  )
  const result = await at.run('{ film(id: "film_alien") { title since: decade } }')
  expect(result).toEqual({ data: { film: { title: 'Alien', since: 1970 } } })
  expect(at.calls[1]).toBe('rows Film title,year')
  expect(seen).toEqual([{ year: 1979 }])
})

test.each(['now', 'later'] as const)(
  'load is called once for a level, whatever the aliases (ports answer %s)',
  async ports => {
    const batches: (readonly string[])[] = []
    const at = serve(
      b =>
        b.zgEntity('Film', t => ({
          score2: t.zg({
            type: 'Float',
            select: ['id'],
            runs: 'gateway',
            load: async rows => {
              batches.push(rows.map(({ id }) => String(id)))
              return rows.map(({ id }) => (id === 'film_lost' ? null : String(id).length))
            },
          }),
        })),
      ports,
    )
    const { data, errors } = await at.run(
      '{ films { nodes { id score2 } } film(id: "film_alien") { again: score2 } }',
    )
    expect(errors).toBeUndefined()
    const rows = dataOf<{ nodes: readonly { id: string; score2: number | null }[] }>(
      { data, errors },
      'films',
    ).nodes
    expect(rows.map(({ score2 }) => score2)).toEqual(
      rows.map(({ id }) => (id === 'film_lost' ? null : id.length)),
    )
    expect(batches.flat().length).toBe(rows.length + 1)
    expect(batches.length).toBeLessThanOrEqual(2)
  },
)

test('what needs the world waits until the reads are done and their snapshot is closed; those below it use another', async () => {
  const at = serve(
    b =>
      b.zgEntity('Film', t => ({
        twin: t.zg({
          type: b.zgRef('Film'),
          select: ['title'],
          runs: 'gateway',
          load: async rows => {
            at.calls.push(`load ${rows.length}`)
            await new Promise(resolve => setImmediate(resolve))
            at.calls.push('loaded')
            return rows.map(() => ({ id: 'film_alien', director: 'person_scott' }) as never)
          },
        }),
        asked: t.zg({
          type: 'String',
          select: ['id'],
          runs: 'gateway',
          use: ({ id }) => {
            at.calls.push(`use ${id}`)
            return String(id)
          },
        }),
      })),
    'later',
  )
  const { data, errors } = await at.run(`{
    film(id: "film_alien") { asked twin { director { name } } reviews { nodes { stars film { title } } } }
    films(first: 1, orderBy: { year: ASC }) { nodes { twin { director { name } } } }
  }`)
  expect(errors).toBeUndefined()
  expect(data?.film).toMatchObject({ asked: 'film_alien', twin: { director: { name: 'Scott' } } })
  const calls = at.calls.filter(call => !/^(rows Film title|pages Film)/.test(call))
  expect(calls).toEqual([
    'open',
    'close',
    'use film_alien',
    'load 2',
    'loaded',
    'open',
    'rows Person name',
    'close',
  ])
  expect(at.calls.indexOf('close')).toBeGreaterThan(at.calls.findLastIndex(call => call.startsWith('pages')))
})

test('a row that fails fails alone; the field is null there', async () => {
  const at = serve(b =>
    b.zgEntity('Film', t => ({
      risky: t.zg({
        type: 'String',
        select: ['title'],
        runs: 'gateway',
        load: rows => rows.map(({ title }) => (title === 'Alien' ? new Error('no luck') : `${title}!`)),
      }),
    })),
  )
  const result = await at.run(
    '{ films(where: { year: { lt: 1980 } }, orderBy: { year: ASC }) { nodes { risky } } }',
  )
  expect(result.data).toEqual({ films: { nodes: [{ risky: '2001!' }, { risky: null }] } })
  expect(result.errors?.map(({ path }) => path)).toEqual([['films', 'nodes', 1, 'risky']])
})

test('what runs at the gateway is nullable, what runs anywhere is not unless it says so', () => {
  const b = builder()
  b.zgEntity('Film', t => ({
    one: t.zg({ type: 'Int', select: ['id'], runs: 'gateway', use: () => 1 }),
    two: t.zg({ type: 'Int', select: ['id'], runs: 'anywhere', use: () => 2 }),
    three: t.zg({ type: ['Int'], select: ['id'], runs: 'anywhere', nullable: true, use: () => [3] }),
  }))
  const text = printSchema(b.toSchema())
  expect(text).toContain('  one: Int\n')
  expect(text).toContain('  two: Int!\n')
  expect(text).toContain('  three: [Int!]\n')
})

test('fields of the model are typed in the row; others, and undefined models, do not compile', () => {
  const Song = entity({
    id: f.id(),
    title: f.string(),
    bars: f.int().optional(),
    album: f.many('Song', 'next'),
    next: f.one('Song').optional(),
  })
  const songs = model({ entities: { Song }, open: true })
  const defined = songs.define()
  const b = new SchemaBuilder<{ ZG: typeof defined }>({ plugins: [ZG], zg: { model: defined } })
  b.zgEntity('Song', t => ({
    shout: t.zg({
      type: 'String',
      select: ['title'],
      runs: 'anywhere',
      use: ({ title }) => title.toUpperCase(),
    }),
    length: t.zg({
      type: 'Int',
      select: ['bars', 'title'],
      runs: 'anywhere',
      // @ts-expect-error: bars may be null
      use: ({ bars }) => bars + 1,
    }),
    // @ts-expect-error: no such column
    wrong: t.zg({ type: 'String', select: ['titel'], runs: 'anywhere', use: () => 'x' }),
    // @ts-expect-error: the other end of a relation holds no data
    many: t.zg({ type: 'String', select: ['album'], runs: 'anywhere', use: () => 'x' }),
    // @ts-expect-error: title was not selected
    unselected: t.zg({ type: 'String', select: ['id'], runs: 'anywhere', use: row => row.title }),
    // @ts-expect-error: a string is no Int
    mistyped: t.zg({ type: 'Int', select: ['title'], runs: 'anywhere', use: ({ title }) => title }),
    // @ts-expect-error: what runs at the gateway is nullable
    always: t.zg({ type: 'Int', select: ['id'], runs: 'gateway', nullable: false, use: () => 1 }),
    // @ts-expect-error: batches are loaded at the gateway only
    batched: t.zg({ type: 'Int', select: ['id'], runs: 'anywhere', load: () => [1] }),
  }))
  // @ts-expect-error: no such entity
  expect(() => b.zgEntity('Sing', () => ({}))).toThrow('no entity Sing')
  // @ts-expect-error: the model was not defined
  type Refused = SchemaOf<typeof songs>
  expectTypeOf<SchemaOf<typeof defined>>().toBeObject()
  expectTypeOf<Refused>().not.toBeNever()
})

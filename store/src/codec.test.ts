import { hlcOf } from '@zg/core/change/clock'
import type { Cell, Instance } from '@zg/core/change/instance'
import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import type { FieldIR, ModelIR, ScalarName, TypeIR } from '@zg/core/ir/ir'
import { canonical, type Json } from '@zg/core/json'
import { parseJson } from '@zg/core/jsonValue'
import { rowOf } from '@zg/core/memory/rows'
import { NO_NEEDS } from '@zg/core/ports/appending.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryDatabase } from './database.fixture.ts'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'

/** An entity with every type as register and as set. */
const SCALARS: readonly Exclude<ScalarName, 'decimal'>[] = [
  'id',
  'string',
  'int',
  'float',
  'boolean',
  'datetime',
  'date',
  'bigint',
  'bytes',
  'json',
]
const STRING: TypeIR = { kind: 'scalar', scalar: 'string' }
const types: readonly TypeIR[] = [
  ...SCALARS.map((scalar): TypeIR => ({ kind: 'scalar', scalar })),
  { kind: 'scalar', scalar: 'decimal', scale: 3 },
  { kind: 'enum', values: ['a', 'b'] },
  { kind: 'ref', to: 'Film', onDelete: 'setNull', unique: false },
]
/** What a set may hold. */
const isElement = (type: TypeIR) =>
  type.kind === 'enum' || (type.kind === 'scalar' && !['decimal', 'bytes', 'json'].includes(type.scalar))
const field = (number: number, crdt: FieldIR['crdt'], type: TypeIR): FieldIR => {
  const name = `f${number}`
  return { name, number, crdt, type, optional: crdt === 'register', once: false, graphql: {} }
}
const fields: readonly FieldIR[] = [
  ...types.map((type, i) => field(1 + i, 'register', type)),
  ...types.filter(isElement).map((type, i) => field(21 + i, 'set', type)),
  field(40, 'counter', { kind: 'scalar', scalar: 'bigint' }),
  field(41, 'json', { kind: 'scalar', scalar: 'json' }),
]
const everything = {
  name: 'All',
  number: 50,
  prefix: 'all',
  key: [],
  fields,
  inverses: [],
  indexes: [],
  graphql: {},
}
const model: ModelIR = { ...filmModel, entities: [...filmModel.entities, everything] }

const text = fc.string({ unit: 'grapheme' }).filter(value => !/\0|[\ud800-\udfff]/u.test(value))
const ms = fc.integer({
  min: Date.parse('0000-01-01T00:00:00.000Z'),
  max: Date.parse('9999-12-31T23:59:59.999Z'),
})
const time = ms.map(value => new Date(value).toISOString())
const FITTING: { readonly [scalar in ScalarName]: fc.Arbitrary<Json> } = {
  id: text,
  string: text,
  int: fc.integer(),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0),
  boolean: fc.boolean(),
  datetime: time,
  date: time.map(value => value.slice(0, 10)),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  decimal: fc
    .bigInt({ min: 1000n, max: 10n ** 38n - 1n })
    .map(all => `${all / 1000n}.${String(all).slice(-3)}`),
  bytes: fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes).toString('base64url')),
  json: fc
    .jsonValue({ stringUnit: 'grapheme', maxDepth: 4 })
    .map(value => JSON.parse(canonical(value as Json)))
    .filter(value => value !== null && parseJson(value).ok),
}
/** Values that do not belong to the column, as faulty peers send. */
const odd: fc.Arbitrary<Json> = fc.constantFrom(
  '',
  'x',
  '01',
  '2026-02-30',
  1.5,
  2 ** 40,
  true,
  ['a'],
  { a: 1 },
  '9'.repeat(30),
)

const hlc = fc.nat(9).map(at => hlcOf({ ms: at, counter: 0, replica: 1n }))
const tags = fc.dictionary(hlc, fc.constantFrom(1, 1, -1, -2), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
})

const fitting = (type: TypeIR) => (type.kind === 'scalar' ? FITTING[type.scalar] : text)

function cellOf({ crdt, type }: FieldIR): fc.Arbitrary<Cell> {
  if (crdt === 'counter') {
    const sum = fc.oneof(
      { weight: 9, arbitrary: FITTING.bigint },
      { weight: 1, arbitrary: fc.constant('9'.repeat(20)) },
    )
    return sum.map(sum => ({ kind: 'counter', sum: String(sum) }))
  }
  const value: fc.Arbitrary<Json> = fc.oneof(
    { weight: 9, arbitrary: fitting(type) },
    { weight: 1, arbitrary: odd },
  )
  if (crdt === 'register') {
    return fc.tuple(hlc, fc.option(value)).map(([at, value]) => ({ kind: 'register', at, value }))
  }
  if (crdt === 'json') {
    const assigned = fc.record({ at: hlc, value }, { requiredKeys: ['at'], noNullPrototype: true })
    return fc
      .dictionary(fc.constantFrom('', '/a', '/a/b', '/b~1'), assigned, { noNullPrototype: true })
      .map(paths => ({ kind: 'json', paths }))
  }
  return fc.array(fc.tuple(value, tags), { maxLength: 3 }).map(list => ({
    kind: 'set',
    elements: Object.fromEntries(list.map(([one, tags]) => [canonical(one), tags])),
  }))
}

const instances: fc.Arbitrary<Instance> = fc
  .record({
    born: hlc,
    cells: fc.record(Object.fromEntries(fields.map(one => [one.number, cellOf(one)])), {
      requiredKeys: [],
      noNullPrototype: true,
    }),
    // A field of a schema to come, and one whose kind somebody got wrong.
    more: fc.record(
      { 60: cellOf(field(60, 'set', STRING)), 1: cellOf(field(1, 'counter', STRING)) },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  .map(({ born, cells, more }) => ({ born, dead: null, cells: { ...cells, ...more } as Instance['cells'] }))
let database: Database
beforeAll(async () => {
  database = await memoryDatabase()
  await migrate(database, model)
})
afterAll(() => database.close())

test('every instance comes back from its columns as it went in', async () => {
  const storage = await sqlStorage(database, catalog(model))
  const address = { entity: 50, key: 'all_1' }
  const check = async (instance: Instance) => {
    await storage.batch(['main'], { wait: true }, async batch => {
      const head = batch.heads.get('main') ?? { seq: 0, hlc: null }
      await batch.save('main', {
        head,
        entries: [],
        instances: [{ ...address, instance, seq: 0 }],
        claims: [],
        verdicts: [],
      })
    })
    const needs = { ...NO_NEEDS, instances: [address] }
    const loaded = await storage.batch(['main'], { wait: true }, batch => batch.load('main', needs))
    expect(canonical(loaded.instances[0] as unknown as Json)).toBe(canonical(instance as unknown as Json))
  }
  await fc.assert(fc.asyncProperty(instances, check), { numRuns: 150 })
})

test('readers see the values that the columns can hold, exactly', async () => {
  const films = catalog(model)
  const storage = await sqlStorage(database, films)
  const reader = sqlReader(database, films, storage.log)
  const whole = fc.record({
    born: hlc,
    cells: fc.record(
      Object.fromEntries(
        fields
          .filter(({ crdt }) => crdt === 'register')
          .map(one => [
            one.number,
            fitting(one.type).map(
              (value): Cell => ({ kind: 'register', at: hlcOf({ ms: 1, counter: 0, replica: 1n }), value }),
            ),
          ]),
      ),
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  let runs = 0
  const check = async ({ born, cells }: { born: string; cells: unknown }) => {
    const instance: Instance = { born, dead: null, cells: cells as Instance['cells'] }
    const key = `all_r${++runs}`
    await storage.batch(['main'], { wait: true }, batch => {
      const head = batch.heads.get('main') ?? { seq: 0, hlc: null }
      return batch.save('main', {
        head,
        entries: [],
        instances: [{ entity: 50, key, instance, seq: 0 }],
        claims: [],
        verdicts: [],
      })
    })
    const snapshot = reader.open({ tenant: 'main', principal: ANONYMOUS })
    const [row] = await snapshot.rows(
      'All',
      fields.map(({ name }) => name),
      [key],
    )
    await snapshot.close()
    expect(row).toEqual(rowOf(films.entity('All'), key, instance))
  }
  await fc.assert(fc.asyncProperty(whole, check), { numRuns: 60 })
})

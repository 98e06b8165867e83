import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entity, f, model } from '@zg/schema-builder'
import { memoryDatabase } from '@zg/store/database.fixture'
import { openStore } from '@zg/store/store'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { importInto } from './importing.ts'

let made = 0
const Track = entity({
  id: f.id({ key: 'number' }),
  number: f.int().once(),
  name: f.string().check(z.string().min(2, 'two letters at least')),
  price: f.decimal({ scale: 2 }),
  data: f.json(z.object({ tags: z.array(z.string()) })).optional(),
  sleeve: f.bytes().optional(),
  rank: f.int().default(() => ++made),
})
const defined = model({ open: true, entities: { Track } }).define()

const FIELDS = { number: 'n', name: 'name', price: 'price', data: 'data', sleeve: 'sleeve' }
const MAPPING = {
  format: 1,
  sources: { json: 'tracks.json', csv: 'tracks.csv' },
  rules: [
    { entity: 'Track', from: 'json', fields: FIELDS },
    { entity: 'Track', from: 'csv', fields: FIELDS },
  ],
}
const JSON_ROWS = [
  { n: 1, name: 'One', price: 0.99, data: { tags: ['b', 'a'] }, sleeve: 'AQID' },
  { n: 2, name: 'Two', price: '1.5', data: null, sleeve: null },
  { n: 3, name: 'x', price: 1, data: null, sleeve: null },
  { n: 4, name: 'Four', price: 0.999, data: { tags: [1] }, sleeve: 'A=' },
]
const CSV = 'n,name,price,data,sleeve\n5,Five,2.5,"{""tags"":[]}",_w\n'

test('an import fits every kind of value, runs the same validation and the same defaults', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zg-kinds-'))
  const database = await memoryDatabase()
  const store = await openStore(database, defined.ir, defined)
  onTestFinished(async () => {
    await store.close()
    await database.close()
    await rm(folder, { recursive: true })
  })
  const files = {
    'map.json': JSON.stringify(MAPPING),
    'tracks.json': JSON.stringify(JSON_ROWS),
    'tracks.csv': CSV,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const run = (update: boolean) =>
    importInto(store, { mapping: join(folder, 'map.json'), update, onProgress: () => {} })

  const first = await run(false)
  expect(first.counts).toMatchObject([{ name: 'Track', created: 3 }])
  const known = `select reltuples::int as rows from pg_class where oid = 'public.track'::regclass`
  expect(await database.query(known)).toEqual([{ rows: 3 }])
  expect(first.refused.map(({ row, code, message }) => [row, code, message])).toEqual([
    [3, 'INVALID', expect.stringContaining('two letters at least')],
    [4, 'BAD_VALUE', expect.any(String)],
  ])
  const table = () =>
    database.query(
      "select number, name, price, data::text, encode(sleeve, 'hex') as sleeve, rank is null as unranked from track order by number",
    )
  const rows = [
    {
      number: 1,
      name: 'One',
      price: '0.99',
      data: '{"tags": ["b", "a"]}',
      sleeve: '010203',
      unranked: false,
    },
    { number: 2, name: 'Two', price: '1.50', data: null, sleeve: null, unranked: false },
    { number: 5, name: 'Five', price: '2.50', data: '{"tags": []}', sleeve: 'ff', unranked: false },
  ]
  expect(await table()).toEqual(rows)
  const [ranks] = await database.query<{ distinct: string }>(
    'select count(distinct rank) as distinct from track',
  )
  expect(ranks?.distinct).toBe('3')

  // What is stored is what the files say, in other spellings: nothing to write.
  expect((await run(true)).counts).toMatchObject([{ name: 'Track', created: 0, updated: 0, unchanged: 3 }])
  expect(await table()).toEqual(rows)
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@zg/core/json'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRef } from './mapping.ts'
import { openSources } from './open.ts'
import type { Source } from './source.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-source-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function source(content: string | Uint8Array, more: Partial<SourceRef> = {}): Promise<Source> {
  const format = more.format ?? 'csv'
  const spelling = `${++files}.${format}`
  const file = join(folder, spelling)
  await writeFile(file, content)
  const ref: SourceRef = { name: 's', spelling, file, format, at: [], delimiter: ',', ...more }
  const opened = (await openSources([ref])).get('s')
  if (!opened) throw new Error('not opened')
  return opened
}

async function rowsOf(opened: Source): Promise<readonly Json[]> {
  const rows: Json[] = []
  for await (const { row, line, value } of opened.read()) rows.push([row, line, ...opened.columns.map(value)])
  return rows
}

const json = { format: 'json' } as const

describe('a CSV source', () => {
  test('has a header, quoted values, and the line each row ends at', async () => {
    const opened = await source('\ufeffa, b ,c\r\n1,"x, ""y""",\r\n\r\n2,"two\nlines",z\n')
    expect(opened).toMatchObject({ rows: 2, columns: ['a', 'b', 'c'], textual: true })
    expect(await rowsOf(opened)).toEqual([
      [1, 2, '1', 'x, "y"', null],
      [2, 5, '2', 'two\nlines', 'z'],
    ])
    expect(await rowsOf(opened)).toHaveLength(2)
  })

  test('takes another delimiter', async () => {
    expect(await rowsOf(await source('a;b\n1,5;2\n', { delimiter: ';' }))).toEqual([[1, 2, '1,5', '2']])
  })

  test('has no column that objects have anyway', async () => {
    const opened = await source('a,__proto__\n1,2\n')
    for await (const { value } of opened.read()) {
      expect([value('__proto__'), value('constructor'), value('b')]).toEqual(['2', null, null])
    }
  })

  test('longer than a chunk keeps characters whole', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `${i},é日本${i}`)
    const opened = await source(`n,text\n${lines.join('\n')}\n`)
    const rows = await rowsOf(opened)
    expect(rows.at(-1)).toEqual([30_000, 30_001, '29999', 'é日本29999'])
    expect(rows.every((row, i) => Array.isArray(row) && row[3] === `é日本${i}`)).toBe(true)
  })

  test.each<[string, string | Uint8Array, RegExp]>([
    ['a row of another length', 'a,b\n1,2\n3\n', /SOURCE_MALFORMED at sources\.s: .*line 3/],
    ['an open quote', 'a,b\n1,"2\n3,4\n', /SOURCE_MALFORMED at sources\.s: .*line/],
    ['no header', '', /line 1: the file is empty/],
    ['a column twice', 'a,b,a\n1,2,3\n', /"a" twice/],
    ['another encoding', Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a), /not UTF-8 \(from line 1 on\)/],
  ])('with %s is refused', async (_, content, message) => {
    await expect(source(content)).rejects.toThrow(message)
  })
})

describe('a JSON source', () => {
  test('is a list, with the columns of all rows', async () => {
    const opened = await source('[{"a":1},{"b":null,"a":"x"}]', json)
    expect(opened).toMatchObject({ rows: 2, columns: ['a', 'b'], textual: false })
    expect(await rowsOf(opened)).toEqual([
      [1, null, 1, null],
      [2, null, 'x', null],
    ])
  })

  test('is found inside the file', async () => {
    const opened = await source('\ufeff{"db":{"Track":[{"id":1}]}}', { ...json, at: ['db', 'Track'] })
    expect(opened.rows).toBe(1)
  })

  test('has no column that objects have anyway', async () => {
    const opened = await source('[{"__proto__":{"b":1}}]', json)
    for await (const { value } of opened.read()) {
      expect([value('__proto__'), value('b'), value('toString')]).toEqual([{ b: 1 }, null, null])
    }
  })

  test.each<[string, string | Uint8Array, Partial<SourceRef>, RegExp]>([
    ['a missing bracket', '[\n{"a": 1},\n{"a": 2}\n', {}, /SOURCE_MALFORMED at sources\.s: .*line 4/],
    ['a comma too many', '[\n{"a": 1},\n]', {}, /line 3/],
    ['rows that are no objects', '[{}, 5]', {}, /row 2 is no object/],
    ['no list', '{"Track": {}, "Album": []}', {}, /no list in the file; it has: Track, Album/],
    ['no list there', '{"Track": {}}', { at: ['Album'] }, /no list at Album; it has: Track/],
    ['a member of every object', '{}', { at: ['constructor'] }, /no list at constructor/],
    ['another encoding', Uint8Array.of(0x5b, 0x22, 0xe9, 0x22, 0x5d), {}, /not UTF-8/],
  ])('with %s is refused', async (_, content, more, message) => {
    await expect(source(content, { ...json, ...more })).rejects.toThrow(message)
  })
})

test('every missing file is told at once', async () => {
  const ref = (name: string, file: string): SourceRef => ({
    name,
    spelling: file,
    file: join(folder, file),
    format: file.endsWith('csv') ? 'csv' : 'json',
    at: [],
    delimiter: ',',
  })
  await expect(openSources([ref('a', 'no.csv'), ref('b', 'no.json'), ref('c', '.')])).rejects.toMatchObject({
    problems: [
      { code: 'SOURCE_MISSING', path: ['sources', 'a'] },
      { code: 'SOURCE_MISSING', path: ['sources', 'b'] },
      { code: 'SOURCE_MISSING', path: ['sources', 'c'] },
    ],
  })
})

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSchema } from './loader.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-loader-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

const load = (name = 'schema.ts') => loadSchema(join(folder, name), folder)

const SCHEMA = `import { entity, f, model } from '@zg/schema-builder'
import { title } from './parts/title.ts'
const Film = entity({ id: f.id(), [title]: f.string() })
export default model({ open: true, entities: { Film } }).define()
`

describe('a sound schema', () => {
  test('gives the defined model, even in a folder without node_modules', async () => {
    await write({ 'schema.ts': SCHEMA, 'parts/title.ts': `export const title = 'title'` })
    const loaded = await load()
    expect(loaded).toMatchObject({
      kind: 'loaded',
      defined: { problems: [], ir: { entities: [{ name: 'Film', fields: [{ name: 'title' }] }] } },
    })
    expect([...loaded.files].sort()).toEqual([join(folder, 'parts/title.ts'), join(folder, 'schema.ts')])
  })

  test('is loaded anew each time, with the files it imports; packages are not', async () => {
    await write({ 'schema.ts': SCHEMA, 'parts/title.ts': `export const title = 'title'` })
    const before = await load()
    await write({ 'parts/title.ts': `export const title = 'name'` })
    const after = await load()
    expect(after).toMatchObject({ defined: { ir: { entities: [{ fields: [{ name: 'name' }] }] } } })
    await write({ 'schema.ts': `export { model as default } from '@zg/schema-builder'` })
    const { model } = await import('@zg/schema-builder')
    expect(before.kind).toBe('loaded')
    expect(await load('schema.ts')).toMatchObject({ kind: 'failed', problem: { code: 'SCHEMA_EXPORT' } })
    expect(typeof model).toBe('function')
  })

  test('that failed once loads after it was corrected', async () => {
    await write({ 'schema.ts': 'throw new Error("not yet")' })
    expect((await load()).kind).toBe('failed')
    await write({ 'schema.ts': SCHEMA, 'parts/title.ts': `export const title = 'title'` })
    expect((await load()).kind).toBe('loaded')
  })
})

const mistakes: readonly [string, Readonly<Record<string, string>>, string, string, RegExp][] = [
  [
    'a syntax error',
    { 'schema.ts': 'const a = 1\nexport default {\n  x: = 2\n}' },
    'SCHEMA_SYNTAX',
    'schema.ts:3',
    /Expression expected/,
  ],
  [
    'a syntax error in an imported file',
    { 'schema.ts': `import './a.ts'`, 'a.ts': '\nconst = 1' },
    'SCHEMA_SYNTAX',
    'a.ts:2',
    /Correct it/,
  ],
  [
    'an enum',
    { 'schema.ts': 'enum A { B }\nexport default A' },
    'SCHEMA_SYNTAX',
    'schema.ts:1',
    /enum is not supported.*erased/,
  ],
  [
    'an exception',
    { 'schema.ts': `\n\nthrow new TypeError('no such thing')` },
    'SCHEMA_THREW',
    'schema.ts:3',
    /no such thing/,
  ],
  [
    'an exception deep inside',
    {
      'schema.ts': `import { a } from './a.ts'\na()`,
      'a.ts': 'export function a() {\n  throw new Error("deep")\n}',
    },
    'SCHEMA_THREW',
    'a.ts:2',
    /deep/,
  ],
  [
    'a mistake in the use of the DSL',
    { 'schema.ts': `import { f } from '@zg/schema-builder'\n\nf.nope()` },
    'SCHEMA_THREW',
    'schema.ts:3',
    /f\.nope is not a function/,
  ],
  ['a thrown string', { 'schema.ts': `throw 'words'` }, 'SCHEMA_THREW', 'the schema', /words/],
  [
    'a missing file',
    { 'schema.ts': `import './parts.ts'` },
    'SCHEMA_IMPORT',
    'schema.ts',
    /no file parts\.ts.*ending in \.ts/,
  ],
  [
    'a missing package',
    { 'schema.ts': `import 'left-pad-of-mine'` },
    'SCHEMA_IMPORT',
    'schema.ts',
    /npm install left-pad-of-mine/,
  ],
  [
    'a missing export',
    { 'schema.ts': `\nimport { nope } from './a.ts'\nnope`, 'a.ts': 'export const a = 1' },
    'SCHEMA_SYNTAX',
    'schema.ts:2',
    /nope/,
  ],
  [
    'no default export',
    { 'schema.ts': 'export const a = 1' },
    'SCHEMA_EXPORT',
    'schema.ts',
    /no default export/,
  ],
  [
    'a model without define()',
    { 'schema.ts': `import { model } from '@zg/schema-builder'\nexport default model({ entities: {} })` },
    'SCHEMA_EXPORT',
    'schema.ts',
    /without define/,
  ],
  ['something else', { 'schema.ts': 'export default 7' }, 'SCHEMA_EXPORT', 'schema.ts', /no model/],
]

test.each(mistakes)('%s is one problem with its place', async (_, files, code, place, message) => {
  await write(files)
  const loaded = await load()
  expect(loaded).toMatchObject({
    kind: 'failed',
    problem: { code, path: [place], message: expect.stringMatching(message) },
  })
  expect(loaded.files).toContain(join(folder, 'schema.ts'))
  if (code === 'SCHEMA_IMPORT' && files['schema.ts']?.includes('./parts.ts')) {
    expect(loaded.files).toContain(join(folder, 'parts.ts'))
  }
  if (files['a.ts']) expect(loaded.files).toContain(join(folder, 'a.ts'))
})

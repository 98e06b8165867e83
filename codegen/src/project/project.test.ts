import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProject, readTabs } from './project.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-project-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const touch = (name: string, text = '') => writeFile(join(folder, name), text)

test('schema.ts is the schema, with everything beside it', async () => {
  await touch('schema.ts')
  await touch('other.schema.ts')
  expect(await findProject(folder)).toEqual({
    folder,
    schema: join(folder, 'schema.ts'),
    lock: join(folder, 'zg.lock.json'),
    generated: join(folder, 'generated'),
    data: join(folder, '.zg'),
    tabs: join(folder, 'tabs'),
    seed: undefined,
  })
})

test('a single *.schema.ts will do, and package.json may say otherwise', async () => {
  await touch('films.schema.ts')
  expect((await findProject(folder)).schema).toBe(join(folder, 'films.schema.ts'))
  await touch(
    'package.json',
    JSON.stringify({ zg: { schema: 'src/model.ts', seed: 'films.import.json', tabs: 'queries' } }),
  )
  expect(await findProject(folder)).toMatchObject({
    schema: join(folder, 'src/model.ts'),
    lock: join(folder, 'src/zg.lock.json'),
    seed: join(folder, 'films.import.json'),
    tabs: join(folder, 'queries'),
  })
})

const mistakes: readonly [string, Readonly<Record<string, string>>, string, RegExp][] = [
  ['no schema', {}, 'NO_SCHEMA', /zg init/],
  [
    'two schemas',
    { 'a.schema.ts': '', 'b.schema.ts': '' },
    'MANY_SCHEMAS',
    /a\.schema\.ts, b\.schema\.ts.*package\.json/,
  ],
  ['a broken package.json', { 'schema.ts': '', 'package.json': '{' }, 'BAD_CONFIG', /package\.json/],
  [
    'an unknown setting',
    { 'schema.ts': '', 'package.json': '{"zg":{"sead":"x"}}' },
    'BAD_CONFIG',
    /schema, seed, tabs/,
  ],
  [
    'a setting of another type',
    { 'schema.ts': '', 'package.json': '{"zg":{"seed":7}}' },
    'BAD_CONFIG',
    /a path/,
  ],
]

test.each(mistakes)('%s is refused with the way out', async (_, files, code, message) => {
  for (const [name, text] of Object.entries(files)) await touch(name, text)
  await expect(findProject(folder)).rejects.toMatchObject({
    problems: [{ code, message: expect.stringMatching(message) }],
  })
})

test('no folder, and a file in its place, are refused', async () => {
  await touch('file')
  for (const name of ['nowhere', 'file']) {
    await expect(findProject(join(folder, name))).rejects.toMatchObject({ problems: [{ code: 'NO_FOLDER' }] })
  }
})

test('tabs are the .graphql files in the order of their names; none without the folder', async () => {
  await touch('schema.ts')
  const project = await findProject(folder)
  expect(await readTabs(project)).toEqual([])
  await mkdir(join(folder, 'tabs'))
  await touch('tabs/2-live.graphql', 'subscription { a }')
  await touch('tabs/1-nested.graphql', '{ a }')
  await touch('tabs/notes.md', 'no')
  expect(await readTabs(project)).toEqual(['{ a }', 'subscription { a }'])
})

import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFiles } from './writer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-writer-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const files = [
  { path: 'zg.lock.json', text: '{}\n' },
  { path: 'generated/schema.graphql', text: 'type Query\n' },
]

test('creates files and folders, then leaves them alone, then updates what differs', async () => {
  expect((await writeFiles(folder, files)).map(({ status }) => status)).toEqual(['created', 'created'])
  const old = new Date('2001-01-01')
  for (const { path } of files) await utimes(join(folder, path), old, old)
  const [lock, schema] = files
  const next = [lock!, { ...schema!, text: 'type Query { id: ID }\n' }]
  expect(await writeFiles(folder, next)).toEqual([
    { path: 'zg.lock.json', status: 'unchanged' },
    { path: 'generated/schema.graphql', status: 'updated' },
  ])
  expect((await stat(join(folder, 'zg.lock.json'))).mtime).toEqual(old)
  expect(await readFile(join(folder, 'generated/schema.graphql'), 'utf8')).toBe('type Query { id: ID }\n')
})

test('leaves nothing half-written behind', async () => {
  await writeFiles(folder, files)
  await expect(writeFiles(folder, [{ path: 'generated', text: 'a folder is in the way' }])).rejects.toThrow()
  expect((await readdir(folder)).sort()).toEqual(['generated', 'zg.lock.json'])
})

test.each(['../out', '/etc/out', 'a/../../out'])(
  '%s leads out of the folder and nothing is written',
  async path => {
    await expect(writeFiles(folder, [...files, { path, text: '' }])).rejects.toThrow(RangeError)
    expect(await readdir(folder)).toEqual([])
  },
)

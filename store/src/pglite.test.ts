import { closeSync, cpSync, mkdtempSync, openSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPglite } from './pglite.ts'

const room = mkdtempSync(join(tmpdir(), 'zg-folder-'))
const whole = join(room, 'whole')
const open = (directory: string) => openPglite({ directory, snapshotLimit: 5_000 })
/** Where the rows are. */
let rows = ''
beforeAll(async () => {
  const database = await open(whole)
  await database.query('create table public.t (n int primary key)')
  await database.query('insert into t select generate_series(1, 1000)')
  const [file] = await database.query<{ path: string }>(`select pg_relation_filepath('t') as path`)
  rows = file?.path ?? ''
  await database.close()
}, 60_000)
afterAll(() => rmSync(room, { recursive: true, force: true }))

/** A copy that keeps all times, with a broken page in the middle of the rows that no time tells of. */
function secretlyBroken(name: string): string {
  const folder = join(room, name)
  cpSync(whole, folder, { recursive: true, preserveTimestamps: true })
  const path = join(folder, rows)
  const { atime, mtime } = statSync(path)
  const handle = openSync(path, 'r+')
  writeSync(handle, Buffer.alloc(8192, 7), 0, 8192, 8192)
  closeSync(handle)
  utimesSync(path, atime, mtime)
  return folder
}

test('a folder that was closed in order and not touched since is not counted', async () => {
  const folder = secretlyBroken('sealed')
  // A disk that lies would show to who counts; here nobody does.
  const database = await open(folder)
  await expect(database.query('select sum(n) from t')).rejects.toThrow(/invalid page/)
  await database.close()
})

test('a folder that was not closed in order is counted', async () => {
  const folder = secretlyBroken('unsealed')
  rmSync(join(folder, 'zg.seal'))
  await expect(open(folder)).rejects.toThrow(/public\.t: .*invalid page/)
})

test('opening takes the seal off, so that a process that dies leaves none', async () => {
  const folder = join(room, 'open')
  cpSync(whole, folder, { recursive: true, preserveTimestamps: true })
  const database = await open(folder)
  expect(statSync(join(folder, 'zg.seal'), { throwIfNoEntry: false })).toBeUndefined()
  await database.close()
  expect(statSync(join(folder, 'zg.seal')).isFile()).toBe(true)
})

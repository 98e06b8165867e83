import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { copyTemplate } from './template.ts'

// The first one on a machine has to be made.
beforeAll(async () => {
  const first = mkdtempSync(join(tmpdir(), 'zg-template-'))
  await copyTemplate(join(first, 'pg'))
  rmSync(first, { recursive: true, force: true })
})

let room: string
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'zg-template-'))
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

test.each(['a missing folder', 'an empty folder'])('%s becomes a database of its own', async how => {
  const directory = join(room, 'data', 'pg')
  if (how === 'an empty folder') mkdirSync(directory, { recursive: true })
  expect(await copyTemplate(directory)).toBe(true)
  expect(readdirSync(join(room, 'data'))).toEqual(['pg'])

  const database = await openDatabase({ directory })
  await database.query('create table mine (n int)')
  await database.close()
  const other = await openDatabase({ directory: join(room, 'other') })
  expect(await other.query(`select to_regclass('mine') as found`)).toEqual([{ found: null }])
  await other.close()
})

test('what is in a folder already stays as it is', async () => {
  const directory = join(room, 'full')
  mkdirSync(directory)
  writeFileSync(join(directory, 'file'), 'text')
  expect(await copyTemplate(directory)).toBe(false)
  expect(readdirSync(room)).toEqual(['full'])
  expect(readdirSync(directory)).toEqual(['file'])
})

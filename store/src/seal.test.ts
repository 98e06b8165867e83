import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { breakSeal, seal } from './seal.ts'

const room = mkdtempSync(join(tmpdir(), 'zg-seal-'))
afterAll(() => rmSync(room, { recursive: true, force: true }))

/** Long ago: the machine has not started again since. */
const STARTED = 0
let folders = 0

async function sealed(): Promise<string> {
  const folder = join(room, `folder${folders++}`)
  mkdirSync(join(folder, 'base', '5'), { recursive: true })
  writeFileSync(join(folder, 'PG_VERSION'), '18\n')
  writeFileSync(join(folder, 'base', '5', '16384'), 'x'.repeat(100))
  await seal(folder)
  return folder
}

test('what was sealed is known, once', async () => {
  const folder = await sealed()
  expect(await breakSeal(folder, STARTED)).toBe(true)
  expect(existsSync(join(folder, 'zg.seal'))).toBe(false)
  expect(await breakSeal(folder, STARTED)).toBe(false)
})

test('a copy that keeps its times is known, another one is not', async () => {
  const folder = await sealed()
  const later = new Date(Date.now() - 5_000)
  utimesSync(join(folder, 'PG_VERSION'), later, later)
  await seal(folder)
  cpSync(folder, `${folder}.kept`, { recursive: true, preserveTimestamps: true })
  cpSync(folder, `${folder}.fresh`, { recursive: true })
  expect(await breakSeal(`${folder}.kept`, STARTED)).toBe(true)
  expect(await breakSeal(`${folder}.fresh`, STARTED)).toBe(false)
})

/** Does something to a file and leaves its times as they were. */
function secretly(path: string, change: () => void): void {
  const { atime, mtime } = statSync(path)
  change()
  utimesSync(path, atime, mtime)
}

test.each<readonly [string, (file: string) => void]>([
  ['cut short', file => secretly(file, () => truncateSync(file, 50))],
  ['grown', file => secretly(file, () => appendFileSync(file, 'x'))],
  ['written', file => utimesSync(file, 1, 1)],
  ['removed', file => rmSync(file)],
  ['called another name', file => renameSync(file, `${file}.1`)],
  ['joined by another', file => writeFileSync(`${file}.1`, '')],
])('a file that was %s since breaks it', async (_, change) => {
  const folder = await sealed()
  change(join(folder, 'base', '5', '16384'))
  expect(await breakSeal(folder, STARTED)).toBe(false)
})

test('a machine that has started again since may have lost what it was told to keep', async () => {
  expect(await breakSeal(await sealed(), Date.now() + 1_000)).toBe(false)
  expect(await breakSeal(await sealed())).toBe(true)
})

test('what is no seal is none', async () => {
  const folder = await sealed()
  writeFileSync(join(folder, 'zg.seal'), '{"at":')
  expect(await breakSeal(folder, STARTED)).toBe(false)
  await seal(join(room, 'nowhere'))
  expect(await breakSeal(join(room, 'nowhere'), STARTED)).toBe(false)
})

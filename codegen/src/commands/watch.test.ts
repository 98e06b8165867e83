import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWatch, type Watch } from './watch.ts'

let folder: string
let watch: Watch
let calls: number
let called: () => void

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-watch-'))
  calls = 0
  called = () => {}
  watch = createWatch(() => {
    calls++
    called()
  }, 20)
})
afterEach(async () => {
  watch.close()
  await rm(folder, { recursive: true, force: true })
})

const next = () =>
  new Promise<void>(resolve => {
    called = resolve
  })
const write = (name: string, text = '') => writeFile(join(folder, name), text)

test('a write, a replacement, a removal and a return each count', async () => {
  await write('schema.ts')
  watch.follow([join(folder, 'schema.ts')])
  for (const change of [
    () => write('schema.ts', '1'),
    async () => {
      await write('schema.ts.tmp', '2')
      await rename(join(folder, 'schema.ts.tmp'), join(folder, 'schema.ts'))
    },
    () => rm(join(folder, 'schema.ts')),
    () => write('schema.ts', '3'),
  ]) {
    const heard = next()
    await change()
    await heard
  }
  expect(calls).toBe(4)
})

test('a burst counts once, other files not at all', async () => {
  await mkdir(join(folder, 'parts'))
  watch.follow([join(folder, 'schema.ts'), join(folder, 'parts/a.ts')])
  const heard = next()
  await write('zg.lock.json')
  for (let i = 0; i < 20; i++) await write(i % 2 ? 'schema.ts' : 'parts/a.ts', String(i))
  await heard
  expect(calls).toBe(1)
})

test('what is no longer followed is not heard', async () => {
  await mkdir(join(folder, 'parts'))
  watch.follow([join(folder, 'parts/a.ts')])
  watch.follow([join(folder, 'schema.ts')])
  await write('parts/a.ts')
  const heard = next()
  await write('schema.ts')
  await heard
  expect(calls).toBe(1)
})

test('once closed it stays closed, and lets the process end', async () => {
  const code = `
    import { createWatch } from ${JSON.stringify(new URL('./watch.ts', import.meta.url).href)}
    const watch = createWatch(() => {})
    const file = ${JSON.stringify(join(folder, 'schema.ts'))}
    watch.follow([file])
    watch.close()
    watch.follow([file])`
  const child = spawn(process.execPath, ['--conditions=@zg/source', '--input-type=module', '-e', code])
  try {
    expect((await once(child, 'exit'))[0]).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import { holderOf, takeHold } from './hold.ts'

let folder: string
let children: ChildProcess[] = []
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'zg-hold-')), '.zg')
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await rm(join(folder, '..'), { recursive: true, force: true })
})

/** Another process that holds the folder until it is killed. */
async function otherHolder(): Promise<ChildProcess> {
  const code = `
    import { takeHold } from ${JSON.stringify(new URL('./hold.ts', import.meta.url).href)}
    const hold = await takeHold(${JSON.stringify(folder)})
    await hold.announce('/tmp/somewhere.sock')
    console.log('held')
    setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--conditions=@zg/source', '--input-type=module', '-e', code])
  children.push(child)
  await once(child.stdout!, 'data')
  return child
}

test('a free folder is made, taken and given back', async () => {
  const hold = await takeHold(folder)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'zg.pid'))).mode & 0o777).toBe(0o600)
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid, socket: null })
  await hold.announce('/tmp/a.sock')
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid, socket: '/tmp/a.sock' })
  await hold.release()
  expect(await holderOf(folder)).toBeNull()
  expect(await readdir(folder)).toEqual([])
})

test('a living holder is named', async () => {
  const other = await otherHolder()
  await expect(takeHold(folder)).rejects.toMatchObject({
    problems: [{ code: 'DATA_IN_USE', message: expect.stringContaining(`Process ${other.pid} `) }],
  })
  expect(await holderOf(folder)).toMatchObject({ pid: other.pid, socket: '/tmp/somewhere.sock' })
})

test('a killed holder holds nothing', async () => {
  const other = await otherHolder()
  other.kill('SIGKILL')
  await once(other, 'exit')
  expect(await holderOf(folder)).toBeNull()
  const hold = await takeHold(folder)
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid })
  await hold.release()
})

test.runIf(requireOrSkip('linux', process.platform === 'linux'))(
  'another process that got the number of a dead one is no holder',
  async () => {
    const other = await otherHolder()
    const file = join(folder, 'zg.pid')
    const holder = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...holder, started: 'an-earlier-boot 1' }))
    expect(await holderOf(folder)).toBeNull()
    await (await takeHold(folder)).release()
    expect(other.exitCode).toBeNull()
  },
)

test.each(['', 'rubbish', '{"pid":-1}', '{"pid":"1"}'])('a pid file of %j stands for nobody', async text => {
  await mkdir(folder)
  await writeFile(join(folder, 'zg.pid'), text)
  await (await takeHold(folder)).release()
})

test('of many who start over a dead holder, one wins', async () => {
  await mkdir(folder)
  await writeFile(join(folder, 'zg.pid'), JSON.stringify({ pid: 999_999_999 }))
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeHold(folder)))
  const won = tries.filter(({ status }) => status === 'fulfilled')
  expect(won).toHaveLength(1)
  for (const each of tries)
    if (each.status === 'rejected') expect(each.reason.problems[0].code).toBe('DATA_IN_USE')
})

test('a file in the place of the folder is refused with the way out', async () => {
  await writeFile(folder, '')
  await expect(takeHold(folder)).rejects.toMatchObject({
    problems: [{ code: 'DATA_UNREADABLE', path: [folder] }],
  })
})

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ProblemError, problem } from '@zg/core/problem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Answer, ask, type Line, openLine } from './line.ts'

let folder: string
const lines: Line[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zg-line-'))
})
afterEach(async () => {
  for (const line of lines.splice(0)) await line.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(answer: Answer, where = folder): Promise<Line> {
  const line = await openLine(where, answer)
  lines.push(line)
  return line
}

test('asks and answers, with progress on the way, many at once', async () => {
  const line = await open(async (request, { progress }) => {
    progress({ done: 1 })
    progress({ done: 2 })
    return { echo: request }
  })
  const answers = Array.from({ length: 5 }, async (_, i) => {
    const seen: unknown[] = []
    const answer = await ask(line.socket, { i, text: 'a\nb' }, { onProgress: value => seen.push(value) })
    return [answer, seen]
  })
  for (const [i, answer] of (await Promise.all(answers)).entries()) {
    expect(answer).toEqual([{ echo: { i, text: 'a\nb' } }, [{ done: 1 }, { done: 2 }]])
  }
})

test('only this user may ask', async () => {
  const line = await open(async () => null)
  expect((await stat(line.socket)).mode & 0o777).toBe(0o600)
})

test('problems arrive as problems, bugs as INTERNAL', async () => {
  const line = await open(async request => {
    if (request === 'problem') throw new ProblemError([problem('BAD_SQL', ['a'], 'no')])
    throw new Error('oops')
  })
  await expect(ask(line.socket, 'problem')).rejects.toMatchObject({
    problems: [{ code: 'BAD_SQL', path: ['a'] }],
  })
  await expect(ask(line.socket, 'bug')).rejects.toMatchObject({ problems: [{ code: 'INTERNAL' }] })
})

test('hanging up cancels the request', async () => {
  const hangUp = new AbortController()
  const cancelled = new Promise<void>(resolve => {
    void open(async (_, { signal }) => {
      hangUp.abort()
      await new Promise(gone => signal.addEventListener('abort', gone))
      resolve()
      return null
    }).then(line => ask(line.socket, null, { signal: hangUp.signal }).catch(() => {}))
  })
  await cancelled
})

test('closing cuts off who is still waiting', async () => {
  let reached = () => {}
  const asked = new Promise<void>(resolve => {
    reached = resolve
  })
  const line = await open(() => {
    reached()
    return new Promise(() => {})
  })
  const waiting = ask(line.socket, null)
  await asked
  await Promise.all([
    line.close(),
    expect(waiting).rejects.toMatchObject({ problems: [{ code: 'NO_ANSWER' }] }),
  ])
  lines.pop()
  expect(existsSync(line.socket)).toBe(false)
})

test('nobody there is no answer; a dead process` socket is replaced', async () => {
  const socket = join(folder, 'zg.sock')
  await expect(ask(socket, null)).rejects.toMatchObject({ problems: [{ code: 'NO_ANSWER' }] })
  await writeFile(socket, '')
  expect((await open(async () => 'here')).socket).toBe(socket)
  expect(await ask(socket, null)).toBe('here')
})

test('a folder too deep for a socket gets one elsewhere, private and cleared away', async () => {
  const deep = join(folder, 'd'.repeat(60), 'e'.repeat(60))
  await mkdir(deep, { recursive: true })
  const line = await open(async () => 'here', deep)
  expect(line.socket.startsWith(tmpdir())).toBe(true)
  expect((await stat(dirname(line.socket))).mode & 0o777).toBe(0o700)
  expect(await ask(line.socket, null)).toBe('here')
  await line.close()
  lines.pop()
  expect(existsSync(dirname(line.socket))).toBe(false)
})

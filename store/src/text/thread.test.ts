import { type Admission, EMPTY_TEXT, type TextSource } from '@zg/core/change/kinds/text'
import { reviseText } from '@zg/core/change/text'
import type { TextWork } from '@zg/core/ports/textWork'
import { afterEach, expect, test } from 'vitest'
import { type ThreadOptions, textThread } from './thread.ts'

/** What that thread makes of any text. */
const OPENED = { plain: 'opened', state: Uint8Array.of(0, 0) }
const STALLING = new URL('./stalling.fixture.ts', import.meta.url)

/** One update of a text that nobody keeps open. */
async function admit(work: TextWork, source: TextSource, update: Uint8Array): Promise<Admission | undefined> {
  const load = async () => ({ source, seq: 0 })
  return (await work.admit({ text: null, updates: [update], plain: false, load }))[0]
}

const open: ReturnType<typeof textThread>[] = []
function thread(options?: ThreadOptions) {
  const made = textThread(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const made of open.splice(0)) await made.close()
})

test('opens, judges and revises texts away from this thread', async () => {
  const work = thread({ admitLimit: 5_000 })
  const update = (await work.revise(EMPTY_TEXT, 'hello', 7)) as Uint8Array
  const source = { state: null, updates: [update] }
  const damaged = { state: Uint8Array.of(9, 9, 9), updates: [] }
  const [text, none] = await work.read([source, damaged])
  expect(text?.plain).toBe('hello')
  expect(none).toBeNull()
  expect(await work.revise(source, 'hello', 8)).toBeNull()
  const next = reviseText(source, 'hello there', 8) as Uint8Array
  expect(await admit(work, source, next)).toMatchObject({ kind: 'admitted', client: 8 })
  expect(await admit(work, source, next.slice(0, 5))).toMatchObject({ kind: 'refused' })
  expect(await admit(work, { state: null, updates: [update, next] }, next)).toEqual({
    kind: 'known',
    among: [],
  })
})

test('an update that stalls the thread is refused when its time is over; those behind it are served', async () => {
  const work = thread({ module: STALLING, admitLimit: 50 })
  // The thread is up.
  expect(await admit(work, EMPTY_TEXT, Uint8Array.of(0))).toEqual({ kind: 'known', among: [] })
  let turns = 0
  const ticking = setInterval(() => turns++, 5)
  const began = performance.now()
  const answers = await Promise.all([
    admit(work, EMPTY_TEXT, Uint8Array.of(0)),
    admit(work, EMPTY_TEXT, Uint8Array.of(1)).then(answer => ({ answer, after: performance.now() - began })),
    admit(work, EMPTY_TEXT, Uint8Array.of(0)),
    work.read([EMPTY_TEXT]),
  ])
  clearInterval(ticking)
  expect(answers[0]).toEqual({ kind: 'known', among: [] })
  expect(answers[1]?.answer).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/longer than 50 ms/),
  })
  expect(answers[1]?.after).toBeLessThan(1_000)
  expect(answers[2]).toEqual({ kind: 'known', among: [] })
  expect(answers[3]).toEqual([OPENED])
  // This thread went on all the while.
  expect(turns).toBeGreaterThan(3)
})

test('an honest update that only waits for its turn is not refused', async () => {
  const work = thread({ module: STALLING, admitLimit: 50 })
  expect(await admit(work, EMPTY_TEXT, Uint8Array.of(4))).toEqual({ kind: 'known', among: [] })
})

test('opening a long text is no part of the time that judging an update may take', async () => {
  const work = thread({ module: STALLING, admitLimit: 50 })
  expect(await admit(work, EMPTY_TEXT, Uint8Array.of(5))).toEqual({ kind: 'known', among: [] })
})

test('a text stays open from one request to the next, and is brought whole when it does not', async () => {
  const work = thread({ admitLimit: 5_000 })
  const log: Uint8Array[] = []
  const asked: (number | null)[] = []
  const next = async (value: string, keep: boolean): Promise<string | undefined> => {
    const update = reviseText({ state: null, updates: log }, value, 100 + log.length) as Uint8Array
    const load = async (after: number | null) => {
      asked.push(after)
      return { source: { state: null, updates: log.slice(after ?? 0) }, seq: log.length }
    }
    const [admission] = await work.admit({ text: 'a', updates: [update], plain: false, load })
    if (keep) log.push(update)
    return admission?.kind
  }
  expect(await next('one', true)).toBe('admitted')
  expect(await next('one two', true)).toBe('admitted')
  expect(await next('one two three', false)).toBe('admitted')
  // The last one never came to be: what lies open cannot be trusted.
  expect(await next('two', true)).toBe('admitted')
  expect(await next('two three', true)).toBe('admitted')
  expect(asked).toEqual([null, 0, 1, 2, null, 2])
})

test('texts that take too long together are opened one by one, all but the one that does alone', async () => {
  const work = thread({ module: STALLING, readLimit: 50 })
  const slow = { state: Uint8Array.of(1), updates: [] }
  expect(await work.read([EMPTY_TEXT, slow, EMPTY_TEXT])).toEqual([OPENED, null, OPENED])
})

test('a thread that dies, or fails, costs the one job; no other', async () => {
  const work = thread({ module: STALLING })
  const [died, failed, fine] = await Promise.allSettled([
    admit(work, EMPTY_TEXT, Uint8Array.of(2)),
    admit(work, EMPTY_TEXT, Uint8Array.of(3)),
    admit(work, EMPTY_TEXT, Uint8Array.of(0)),
  ])
  expect(died).toMatchObject({ status: 'rejected' })
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'no' } })
  expect(fine).toEqual({ status: 'fulfilled', value: { kind: 'known', among: [] } })
})

test('a thread that cannot start rejects what waits for it', async () => {
  const work = thread({ module: new URL('./missing.ts', import.meta.url) })
  await expect(work.read([EMPTY_TEXT])).rejects.toThrow(/missing/)
})

test('closed, it answers nobody, and says so', async () => {
  const work = thread({ module: STALLING, admitLimit: 60_000 })
  await admit(work, EMPTY_TEXT, Uint8Array.of(0))
  const stuck = admit(work, EMPTY_TEXT, Uint8Array.of(1))
  const behind = work.read([EMPTY_TEXT])
  const settled = Promise.allSettled([stuck, behind])
  await work.close()
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(work.read([EMPTY_TEXT])).rejects.toThrow(/closed/)
})

import { TEXT_UPDATE_LIMIT } from '@zg/core/change/kinds/text'
import { modelHash } from '@zg/core/ir/hash'
import { noteModel, notes } from '@zg/core/ir/notes.fixture'
import { born, outbox } from '@zg/core/ports/outbox.suite'
import { set } from '@zg/core/ports/ports.suite'
import { edit, editor, note, replace } from '@zg/core/ports/text.suite'
import { stateOf } from '@zg/core/query/query'
import { frameReader, frameWriter } from '@zg/core/sync/frame'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectTo, opened, overSockets } from './sockets.fixture.ts'
import { type Device, openDevice, openWorld, quiet, scope, type World } from './world.fixture.ts'

let world: World
let gateway: Awaited<ReturnType<typeof overSockets>>
let one: Device
let two: Device
const url = () => `ws://127.0.0.1:${gateway.port}`
beforeEach(async () => {
  world = openWorld(notes)
  gateway = await overSockets(world.sync, scope)
  const device = async () => {
    const opened = await openDevice({ now: () => world.clock, model: notes })
    await connectTo(url(), opened)
    await quiet(opened, world)
    return opened
  }
  one = await device()
  two = await device()
})
afterEach(async () => {
  gateway.close()
  await world.close()
})

const FIELDS = ['body', 'summary', stateOf('body')]
const read = async ({ replica }: Device, id: string) => {
  const snapshot = replica.reader.open(scope)
  const [row] = await snapshot.rows('Note', FIELDS, [id])
  await snapshot.close()
  return row ?? null
}
/** 160 kB, of letters of three bytes, too. */
const words = (of: string) => `${of}€`.repeat(40_000)

/** A stranger's connection: what the gateway says behind its welcome. */
async function answerTo(...messages: readonly object[]): Promise<unknown> {
  const socket = new WebSocket(url(), 'zg-sync')
  await opened(socket)
  const unframe = frameReader()
  const heard: unknown[] = []
  const answered = new Promise(resolve =>
    socket.addEventListener('message', ({ data }) => {
      const unframed = unframe(String(data))
      if (heard.push(unframed.ok ? unframed.value : unframed.problem) === 2) resolve(heard[1])
    }),
  )
  const frame = frameWriter()
  for (const message of messages) socket.send(frame(JSON.stringify(message)))
  const answer = await answered
  socket.close()
  return answer
}

test('a mutation of a megabyte goes over WebSocket from a replica to its gateway and on to another one', async () => {
  const ids = ['a', 'b', 'c', 'd']
  const acts = ids.map(id => note(id, { body: replace(words(id)), summary: replace(words(`${id}!`)) }))
  const { settled } = one.replica.write({ acts })
  expect((await settled).verdict).toEqual({ status: 'applied', problems: [] })
  await quiet(two, world)
  for (const id of ids)
    expect(await read(two, `note_${id}`)).toMatchObject({ body: words(id), summary: words(`${id}!`) })
})

test('a text of more than one edit may bring grows in parts, and what is too large never leaves its author', async () => {
  await one.replica.write({ acts: [note('a')] }).settled
  const author = editor(7)
  const parts = ['x', 'y', 'z'].map(words)
  const outcomes = parts.map(part =>
    one.replica.write({ acts: [edit('a', { body: author.type(text => text.insert(text.length, part)) })] }),
  )
  for (const { settled } of outcomes) expect((await settled).verdict.status).toBe('applied')
  await quiet(two, world)
  expect((await read(two, 'note_a'))?.body).toBe(parts.join(''))
  // Whoever has it open goes on from there.
  const other = editor(8, String((await read(two, 'note_a'))?.[stateOf('body')]))
  expect(other.text()).toBe(parts.join(''))

  const long = 'x'.repeat(TEXT_UPDATE_LIMIT + 1)
  const typed = editor(9).type(text => text.insert(0, long))
  for (const body of [replace(long), typed]) {
    const { id, outcome } = one.replica.write({ acts: [edit('a', { body, title: set('lost') })] })
    expect([id, outcome.verdict.problems.map(({ code }) => code)]).toEqual([null, ['TOO_LARGE']])
  }
})

test('an update of more than 256 kB that is sent all the same is refused, and disturbs nobody', async () => {
  await one.replica.write({ acts: [note('a')] }).settled
  const box = outbox(scope, { skew: world.clock - Date.now() })
  const act = editor(9).type(text => text.insert(0, 'x'.repeat(TEXT_UPDATE_LIMIT + 1)))
  const update = act.kind === 'text' ? act.update : ''
  const { base, work, client, n } = box.changes({
    entity: 1,
    key: 'note_b',
    ops: [born, { field: 2, kind: 'text', update }],
  })
  const schema = modelHash(noteModel)
  const hello = { kind: 'hello', version: 1, schema, tenant: 'main', client, answered: 0, window: 1 }
  expect(await answerTo(hello, { kind: 'push', n, attempt: 1, base, work })).toMatchObject({
    kind: 'verdict',
    outcome: { verdict: { status: 'rejected', problems: [{ code: 'BAD_CHANGE' }] } },
  })
  const { settled } = two.replica.write({ acts: [edit('a', { body: replace('undisturbed') })] })
  expect((await settled).verdict.status).toBe('applied')
  await quiet(one, world)
  expect((await read(one, 'note_a'))?.body).toBe('undisturbed')
})

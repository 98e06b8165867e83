import { notes } from '@zg/core/ir/notes.fixture'
import { set } from '@zg/core/ports/ports.suite'
import { edit, editor, note, replace } from '@zg/core/ports/text.suite'
import { stateOf } from '@zg/core/query/query'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Device, openDevice, openWorld, picture, quiet, scope, type World } from './world.fixture.ts'

let world: World
beforeEach(() => {
  world = openWorld(notes)
})
afterEach(() => world.close())

const online = async (): Promise<Device> => {
  const one = await openDevice({ now: () => world.clock, model: notes })
  one.connect(world)
  await quiet(one, world)
  return one
}
const read = async ({ replica }: Device, id = 'note_a') => {
  const snapshot = replica.reader.open(scope)
  const [row] = await snapshot.rows('Note', ['body', stateOf('body')], [id])
  return row ?? null
}
const state = async (device: Device): Promise<string> => String((await read(device))?.[stateOf('body')])

test('two who edit a text offline both keep their edits, in whichever way they edit', async () => {
  await world.writer.commit({ scope, acts: [note('a', { body: replace('The cat sat on the mat.') })] })
  const [one, two] = [await online(), await online()]
  expect((await read(one))?.body).toBe('The cat sat on the mat.')
  for (const each of [one, two]) each.line?.cut()
  one.replica.write({ acts: [edit('a', { body: replace('The black cat sat on the mat.') })] })
  const open = editor(7, await state(two))
  two.replica.write({ acts: [edit('a', { body: open.type(text => text.insert(22, ' and slept')) })] })
  two.replica.write({
    acts: [edit('a', { body: open.type(text => text.insert(0, 'Look: ')), title: set('T') })],
  })
  expect((await read(two))?.body).toBe('Look: The cat sat on the mat and slept.')
  // It outlives a restart, and meets the other's when both are back.
  await two.replica.write({ acts: [note('b', { body: replace('Another') })] }).durable
  await two.restart()
  expect((await read(two))?.body).toBe('Look: The cat sat on the mat and slept.')
  for (const each of [one, two]) {
    each.connect(world)
    await quiet(each, world)
  }
  await quiet(one, world)
  const whole = 'Look: The black cat sat on the mat and slept.'
  for (const each of [one, two]) expect((await read(each))?.body).toBe(whole)
  const bodies = JSON.stringify(await picture(world.reader, notes))
  expect(bodies).toContain(whole)
  expect(bodies).toContain('Another')
})

test('an edit from a base is made of the text as it was there', async () => {
  const one = await online()
  one.replica.write({ acts: [note('a', { body: replace('one two three') })] })
  const snapshot = one.replica.reader.open(scope)
  const base = await snapshot.position()
  one.replica.write({ acts: [edit('a', { body: replace('one 2 three') })] })
  one.replica.write({ acts: [edit('a', { body: replace('one two three four', base) })] })
  expect((await read(one))?.body).toBe('one 2 three four')
  await quiet(one, world)
  expect((await read(one))?.body).toBe('one 2 three four')
  const { outcome } = one.replica.write({ acts: [edit('a', { body: replace('x', { log: 'l', seqs: {} }) })] })
  expect(outcome.verdict.problems).toMatchObject([
    { code: 'BAD_CURSOR', path: ['0', 'body', 'replace', 'base'] },
  ])
})

test('an update that is no good is refused here, and one of a replica that opens no texts by the gateway', async () => {
  const one = await online()
  one.replica.write({ acts: [note('a')] })
  const other = editor(9)
  const foreign = edit('a', { body: other.type(() => other.doc.getText('elsewhere').insert(0, 'x')) })
  const { outcome } = one.replica.write({ acts: [foreign] })
  expect(outcome.verdict.problems).toMatchObject([{ code: 'BAD_TEXT_UPDATE' }])
  await quiet(one, world)
  const blind = await openDevice({ now: () => world.clock, model: notes, text: null })
  blind.connect(world)
  await quiet(blind, world)
  const written = blind.replica.write({ acts: [foreign] })
  expect(written.outcome.verdict.status).toBe('applied')
  const replaced = blind.replica.write({ acts: [edit('a', { body: replace('x') })] })
  expect(replaced.outcome.verdict.problems).toMatchObject([{ code: 'TEXT_CLOSED' }])
  expect((await written.settled).verdict).toMatchObject({
    status: 'rejected',
    problems: [{ code: 'BAD_TEXT_UPDATE' }],
  })
  await quiet(blind, world)
  expect(blind.replica.drawer()).toHaveLength(1)
})

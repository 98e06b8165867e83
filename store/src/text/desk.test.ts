import type { TextSource } from '@zg/core/change/kinds/text'
import { readText } from '@zg/core/change/text'
import { expect, test } from 'vitest'
import { Doc } from 'yjs'
import { createDesk, type Placed } from './desk.ts'

/** Somebody who types; what he has typed, update by update. */
function typist(client: number) {
  const doc = new Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const type = (words: string): Uint8Array => {
    const text = doc.getText('text')
    text.insert(text.length, words)
    return updates.at(-1) ?? new Uint8Array()
  }
  return { type, updates }
}

const whole = (text: string, seq: number, updates: readonly Uint8Array[]): Placed => ({
  text,
  after: null,
  seq,
  source: { state: null, updates },
})
const since = (text: string, after: number, seq: number, updates: readonly Uint8Array[]): Placed => ({
  ...whole(text, seq, updates),
  after,
})

test('a text that lies open goes on from where the log is', () => {
  const desk = createDesk()
  const { type } = typist(1)
  const [one, two, three] = [type('one '), type('two '), type('three ')] as const
  expect(desk.lay(whole('a', 1, [one]))?.([two], false)).toMatchObject([{ kind: 'admitted', client: 1 }])
  // The log has it: what is typed next needs nothing else.
  expect(desk.lay(since('a', 1, 2, [two]))?.([three], false)).toMatchObject([{ kind: 'admitted', client: 1 }])
})

test('a text that is not open there must be brought whole', () => {
  const desk = createDesk()
  const { type } = typist(1)
  const one = type('one ')
  expect(desk.lay(since('a', 1, 1, []))).toBeNull()
  desk.lay(whole('a', 1, [one]))
  expect(desk.lay(since('a', 2, 2, []))).toBeNull()
})

test('what was admitted and never came into the log is no ground to build on', () => {
  const desk = createDesk()
  const { type } = typist(1)
  const [one, lost, next] = [type('one '), type('lost '), type('next ')] as const
  expect(desk.lay(whole('a', 1, [one]))?.([lost], false)).toMatchObject([{ kind: 'admitted' }])
  expect(desk.lay(since('a', 1, 1, []))).toBeNull()
  expect(desk.lay(whole('a', 1, [one]))?.([next], false)).toMatchObject([{ kind: 'refused' }])
})

test('updates are judged one after the other; behind a refused one none is admitted', () => {
  const desk = createDesk()
  const { type } = typist(1)
  const [one, two, three, four] = [type('1'), type('2'), type('3'), type('4')] as const
  const judge = desk.lay(whole('a', 0, []))
  expect(judge?.([one, two, four, three], false).map(({ kind }) => kind)).toEqual([
    'admitted',
    'admitted',
    'refused',
    'refused',
  ])
  expect(desk.lay(since('a', 0, 2, [one, two]))).toBeNull()
})

test('a text without a name is forgotten', () => {
  const desk = createDesk()
  const { type } = typist(1)
  const source: TextSource = { state: null, updates: [] }
  expect(desk.lay({ text: null, after: null, seq: 0, source })?.([type('x')], false)).toMatchObject([
    { kind: 'admitted' },
  ])
  expect(desk.lay({ text: null, after: 0, seq: 0, source })).toBeNull()
})

test('so many texts lie open, and so many bytes; those used last stay', () => {
  const update = typist(1).type('a long line of words')
  const few = createDesk({ texts: 2, bytes: 1_000 })
  for (const text of ['a', 'b']) few.lay(whole(text, 1, [update]))
  few.lay(since('a', 1, 1, []))
  few.lay(whole('c', 1, [update]))
  expect(['a', 'b', 'c'].map(text => few.lay(since(text, 1, 1, [])) !== null)).toEqual([true, false, true])

  const small = createDesk({ texts: 9, bytes: update.length })
  for (const text of ['a', 'b']) small.lay(whole(text, 1, [update]))
  expect(['a', 'b'].map(text => small.lay(since(text, 1, 1, [])) !== null)).toEqual([false, true])
})

test('a long series reads as it was typed', () => {
  const desk = createDesk()
  const { type, updates } = typist(1)
  for (let n = 0; n < 200; n++) type(`${n} `)
  for (let seq = 0; seq < updates.length; seq += 20) {
    const known = updates.slice(Math.max(0, seq - 20), seq)
    const placed = seq === 0 ? whole('a', 0, []) : since('a', seq - 20, seq, known)
    const admissions = desk.lay(placed)?.(updates.slice(seq, seq + 20), false)
    expect(admissions?.every(({ kind }) => kind === 'admitted')).toBe(true)
  }
  expect(readText({ state: null, updates }).plain).toMatch(/^0 1 2 .* 199 $/)
})

import { entity, f, model } from '@zg/schema-builder'
import { describe, expect, test } from 'vitest'
import { parseModel } from './parser.ts'

const Film = entity({ id: f.id(), title: f.string(), year: f.int().optional() })
const films = model({ open: true, entities: { Film } }).define()

function parsed(...args: Parameters<typeof parseModel>) {
  const result = parseModel(...args)
  if (result.kind !== 'parsed') throw new Error(JSON.stringify(result.problems))
  return result
}

test('without a lock the model is numbered as declared, and the lock is to be written', () => {
  const { model: numbered, lock, lockIsNew } = parsed(films, null)
  expect(numbered.entities[0]).toMatchObject({
    number: 1,
    fields: [
      { name: 'title', number: 1 },
      { name: 'year', number: 2 },
    ],
  })
  expect(lockIsNew).toBe(true)
  expect(parsed(films, lock)).toMatchObject({ lock, lockIsNew: false, model: numbered })
})

test('numbers survive a change of order; new fields get new ones', () => {
  const { lock } = parsed(films, null)
  const turned = entity({
    id: f.id(),
    rating: f.int().optional(),
    year: f.int().optional(),
    title: f.string(),
  })
  const { model: numbered, lockIsNew } = parsed(
    model({ open: true, entities: { Film: turned } }).define(),
    lock,
  )
  expect(Object.fromEntries(numbered.entities[0]!.fields.map(field => [field.name, field.number]))).toEqual({
    title: 1,
    year: 2,
    rating: 3,
  })
  expect(lockIsNew).toBe(true)
})

test.each([
  '',
  '{',
  '[]',
  '{"format":2}',
  '<<<<<<< HEAD',
  '{"format":1,"entities":{"Film":null},"relations":{},"removed":[]}',
])('a lock file of %j is no reason to number anew', text => {
  const parsed = parseModel(films, text)
  const codes = parsed.kind === 'problems' ? parsed.problems.map(({ code }) => code) : []
  expect(new Set(codes)).toEqual(new Set(['BAD_LOCK']))
})

test('all mistakes of the schema come at once', () => {
  const Bad = entity({ id: f.id(), film: f.one('Nope'), other: f.one('Neither') })
  const result = parseModel(model({ open: true, entities: { Bad } }).define(), null)
  expect(result).toMatchObject({ kind: 'problems' })
  expect(result.kind === 'problems' && result.problems.map(({ path }) => path.join('.'))).toEqual([
    'Bad.film',
    'Bad.other',
  ])
})

describe('what forbids serving', () => {
  const codes = (defined: Parameters<typeof parseModel>[0], lock: string | null, mode: 'dev' | 'start') =>
    parsed(defined, lock)
      .startProblems(mode)
      .map(({ code }) => code)

  test('a lock that does not fit, in production', () => {
    expect(codes(films, null, 'start')).toEqual(['LOCK_STALE'])
    expect(codes(films, null, 'dev')).toEqual([])
    expect(codes(films, parsed(films, null).lock, 'start')).toEqual([])
  })

  test('nobody having said who may use it, in production', () => {
    const silent = model({ entities: { Film } }).define()
    expect(codes(silent, parsed(silent, null).lock, 'start')).toEqual(['NO_POLICY'])
    expect(codes(silent, null, 'dev')).toEqual([])
  })

  test('constructs that are not enforced, each, everywhere', () => {
    const Note = entity({
      id: f.id(),
      body: f.serial('N-{####}'),
      state: f.state({ draft: { send: 'sent' }, sent: {} }),
    })
    const notes = model({ open: true, entities: { Note } }).define()
    const problems = parsed(notes, null).startProblems('dev')
    expect(problems.map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['NOT_ENFORCED', 'Note.body'],
      ['NOT_ENFORCED', 'Note.state'],
    ])
  })
})

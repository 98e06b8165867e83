import { expect, test } from 'vitest'
import { formatProblem } from '../problem.ts'
import { filmModel } from './film.fixture.ts'
import { numbered } from './lock.ts'
import { parseLock, printLock } from './lockFile.ts'

const { lock } = numbered(filmModel, null)

test('reads what it writes, whatever order the members were in', () => {
  expect(parseLock(printLock(lock))).toEqual({ lock, problems: [] })
  const reversed = { ...lock, entities: Object.fromEntries(Object.entries(lock.entities).reverse()) }
  expect(printLock(reversed)).toBe(printLock(lock))
})

const empty = { format: 1, entities: {}, relations: {}, removed: [] }
const film = { number: 1, prefix: 'film', fields: {}, removed: [] }

test.each<[string, unknown, readonly string[]]>([
  ['a list', [], ['BAD_LOCK: An object is expected here']],
  [
    'a later format',
    { ...empty, format: 2 },
    ['BAD_LOCK at format: This version of ZG reads format 1, not 2'],
  ],
  [
    'an unknown member',
    { ...empty, extra: 1 },
    ['BAD_LOCK at extra: This version of ZG does not know the member'],
  ],
  [
    'a missing member',
    { format: 1, entities: {}, removed: [] },
    ['BAD_LOCK at relations: The member is missing'],
  ],
  [
    'bad numbers',
    {
      ...empty,
      entities: { A: { ...film, number: 0 }, B: { ...film, number: '1' }, C: { ...film, number: 1.5 } },
    },
    ['A', 'B', 'C'].map(name => `BAD_LOCK at entities.${name}.number: A positive integer is expected here`),
  ],
  [
    'a number used twice by a bad merge',
    {
      ...empty,
      entities: {
        Film: {
          ...film,
          fields: { a: { number: 1, kind: 'register' }, b: { number: 1, kind: 'set' } },
          removed: [{ name: 'c', number: 1, kind: 'set' }],
        },
      },
      relations: { 'Film.tags': { number: 1 } },
    },
    [
      'BAD_LOCK at entities.Film.fields.b.number: The number 1 is used twice',
      'BAD_LOCK at entities.Film.removed.0.number: The number 1 is used twice',
      'BAD_LOCK at relations.Film.tags.number: The number 1 is used twice',
    ],
  ],
  [
    'unknown kinds',
    {
      ...empty,
      entities: { Film: { ...film, fields: { a: { number: 1, kind: 'serial' } } } },
      removed: [{ kind: 'field', name: 'x', number: 2 }],
    },
    [
      'BAD_LOCK at entities.Film.fields.a.kind: One of register, counter, set, json, text is expected here',
      'BAD_LOCK at removed.0.kind: One of entity, relation is expected here',
    ],
  ],
])('refuses %s', (_, json, expected) => {
  const { lock: none, problems } = parseLock(JSON.stringify(json))
  expect(none).toBeNull()
  const found = problems.map(formatProblem)
  for (const message of expected)
    expect(found).toContain(`${message}; restore zg.lock.json from version control`)
})

test('refuses what is not JSON, such as a merge conflict', () => {
  expect(parseLock('<<<<<<< HEAD\n{}').problems.map(formatProblem)[0]).toContain(
    'BAD_LOCK: The file is not JSON',
  )
})

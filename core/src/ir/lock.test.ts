import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filmModel } from './film.fixture.ts'
import type { ModelIR } from './ir.ts'
import { type Lock, numbered, type Renames, staleLock } from './lock.ts'
import { parseLock, printLock } from './lockFile.ts'
import { edges, entity, field, modelOf, text } from './model.fixture.ts'

const bigint = { kind: 'scalar', scalar: 'bigint' } as const
const before = modelOf(
  entity('Film', [field('title'), field('likes', bigint), field('year')], {
    inverses: [edges('tags', 'Film.tags', 'from')],
  }),
  entity('Tag', [field('name')], { inverses: [edges('films', 'Film.tags', 'to')] }),
)
const { lock: first } = numbered(before, null)

function renames(more: Partial<Renames>): Renames {
  return { entities: {}, fields: {}, ...more }
}

/** Numbers by path, to read at a glance. */
function numbersOf(model: ModelIR): Record<string, number> {
  return Object.fromEntries([
    ...model.entities.flatMap(own => [
      [own.name, own.number] as const,
      ...own.fields.map(inner => [`${own.name}.${inner.name}`, inner.number] as const),
    ]),
    ...model.relations.map(relation => [relation.name, relation.number] as const),
  ])
}

test('without a lock, members are numbered in the order of declaration', () => {
  expect(numbersOf(numbered(filmModel, null).model)).toMatchObject({
    Film: 1,
    'Film.title': 1,
    Poster: 6,
    'Film.tags': 7,
  })
})

test('golden: the format of the file', () => {
  expect(printLock(first)).toMatchInlineSnapshot(`
    "{
      "entities": {
        "Film": {
          "fields": {
            "likes": {
              "kind": "register",
              "number": 2
            },
            "title": {
              "kind": "register",
              "number": 1
            },
            "year": {
              "kind": "register",
              "number": 3
            }
          },
          "number": 1,
          "prefix": "film",
          "removed": []
        },
        "Tag": {
          "fields": {
            "name": {
              "kind": "register",
              "number": 1
            }
          },
          "number": 2,
          "prefix": "tag",
          "removed": []
        }
      },
      "format": 1,
      "relations": {
        "Film.tags": {
          "number": 3
        }
      },
      "removed": []
    }
    "
  `)
})

test('known members keep their numbers wherever they stand; new ones count on', () => {
  const next = modelOf(
    entity('Person'),
    entity('Tag', [field('colour'), field('name')], { inverses: [edges('films', 'Film.tags', 'to')] }),
    entity('Film', [field('year'), field('plot'), field('likes', bigint), field('title')], {
      inverses: [edges('tags', 'Film.tags', 'from'), edges('cast', 'Film.cast', 'from')],
    }),
  )
  const { model, problems } = numbered(next, first)
  expect(problems).toEqual([])
  expect(numbersOf(model)).toEqual({
    Film: 1,
    'Film.title': 1,
    'Film.likes': 2,
    'Film.year': 3,
    'Film.plot': 4,
    Tag: 2,
    'Tag.name': 1,
    'Tag.colour': 2,
    Person: 4,
    'Film.tags': 3,
    'Film.cast': 5,
  })
})

test('what was removed keeps its number and its name reserved', () => {
  const without = modelOf(entity('Film', [field('title')]))
  const { lock, problems } = numbered(without, first)
  expect(problems).toEqual([])
  expect(lock.removed).toEqual([
    { kind: 'entity', name: 'Tag', number: 2, prefix: 'tag' },
    { kind: 'relation', name: 'Film.tags', number: 3 },
  ])
  expect(lock.entities.Film?.removed.map(({ name }) => name)).toEqual(['likes', 'year'])

  const back = numbered(before, lock)
  expect(back.problems.map(({ code, path }) => [code, path.join('.')])).toEqual([
    ['NAME_RESERVED', 'Film.likes'],
    ['NAME_RESERVED', 'Film.year'],
    ['NAME_RESERVED', 'Tag'],
    ['PREFIX_RESERVED', 'Tag.prefix'],
    ['NAME_RESERVED', 'Film.tags'],
  ])
  expect(numbersOf(back.model)).toMatchObject({ 'Film.title': 1, 'Film.likes': 4, Tag: 4, 'Film.tags': 5 })
})

test('another CRDT kind is another field: a new number, the old one reserved', () => {
  const counted = modelOf(
    entity('Film', [field('title'), field('likes', bigint, { crdt: 'counter' }), field('year')], {
      inverses: before.entities[0]!.inverses,
    }),
    before.entities[1]!,
  )
  const { model, lock, problems } = numbered(counted, first)
  expect(problems).toEqual([])
  expect(numbersOf(model)['Film.likes']).toBe(4)
  expect(lock.entities.Film?.fields.likes).toEqual({ number: 4, kind: 'counter' })
  expect(lock.entities.Film?.removed).toEqual([{ name: 'likes', number: 2, kind: 'register' }])
  // Going back does not find the old data again either.
  expect(numbersOf(numbered(before, lock).model)['Film.likes']).toBe(5)
})

test('a rename keeps numbers, prefix and relations', () => {
  const renamed = modelOf(
    entity('Movie', [field('headline'), field('likes', bigint), field('year')], {
      inverses: [edges('labels', 'Movie.labels', 'from')],
    }),
    entity('Tag', [field('name')], { inverses: [edges('films', 'Movie.labels', 'to')] }),
  )
  const said = renames({
    entities: { Movie: ['Film'] },
    fields: { 'Movie.headline': ['title'], 'Movie.labels': ['tags'] },
  })
  const { model, lock, problems } = numbered(renamed, first, said)
  expect(problems).toEqual([])
  expect(numbersOf(model)).toMatchObject({ Movie: 1, 'Movie.headline': 1, 'Movie.labels': 3 })
  expect(model.entities[0]?.prefix).toBe('film')
  expect(lock.removed).toEqual([])
  expect(lock.entities.Movie?.removed).toEqual([])
  // Once the lock knows the new name, `.was()` may stay or go.
  expect(numbered(renamed, lock, said)).toEqual({ model, lock, problems: [] })
  expect(numbered(renamed, lock)).toEqual({ model, lock, problems: [] })
})

test('a many-to-many relation follows its renamed owner by itself', () => {
  const renamed = modelOf(
    entity('Movie', before.entities[0]!.fields, { inverses: [edges('tags', 'Movie.tags', 'from')] }),
    entity('Tag', [field('name')], { inverses: [edges('films', 'Movie.tags', 'to')] }),
  )
  const { model, problems } = numbered(renamed, first, renames({ entities: { Movie: ['Film'] } }))
  expect(problems).toEqual([])
  expect(numbersOf(model)['Movie.tags']).toBe(3)
})

test('renames that lead nowhere, or twice to the same', () => {
  const next = modelOf(
    entity('Film', [field('a'), field('b'), field('c'), field('year')], {
      inverses: [edges('tags', 'Film.tags', 'from')],
    }),
    entity('Tag', [field('name')], { inverses: [edges('films', 'Film.tags', 'to')] }),
    entity('Label'),
  )
  const { problems } = numbered(
    next,
    first,
    renames({
      entities: { Label: ['Tga'] },
      fields: { 'Film.a': ['title'], 'Film.b': ['title'], 'Film.c': ['year'], 'Tag.name': ['nom'] },
    }),
  )
  expect(problems.map(({ code, path }) => [code, path.join('.')])).toEqual([
    ['BAD_RENAME', 'Label'],
    ['BAD_RENAME', 'Film.b'],
    ['BAD_RENAME', 'Film.c'],
  ])
})

test('a prefix never changes, and nobody gets that of another', () => {
  const chosen = modelOf(entity('Film', before.entities[0]!.fields, { prefix: 'movie' }))
  const { model, problems } = numbered(chosen, first)
  expect(problems.map(({ code }) => code)).toEqual(['PREFIX_CHANGED'])
  expect(model.entities[0]?.prefix).toBe('film')

  const taken = modelOf(entity('Movie', before.entities[0]!.fields), entity('Film', [field('title')]))
  const found = numbered(taken, first, renames({ entities: { Movie: ['Film'] } })).problems
  expect(found.map(({ code }) => code)).toEqual(['BAD_RENAME'])
  const { lock } = numbered(
    modelOf(entity('Movie', before.entities[0]!.fields)),
    first,
    renames({ entities: { Movie: ['Film'] } }),
  )
  expect(numbered(taken, lock).problems.map(({ code }) => code)).toEqual(['DUPLICATE_PREFIX'])
})

test('a stale lock says where', () => {
  expect(staleLock(before, first)).toBeNull()
  expect(staleLock(before, null)?.code).toBe('LOCK_STALE')
  const more = modelOf(...before.entities, entity('Person'))
  expect(staleLock(more, first)?.message).toContain('in Person;')
  expect(staleLock(modelOf(before.entities[0]!), first)?.message).toContain('in Tag;')
  const field2 = modelOf(
    entity('Film', [...before.entities[0]!.fields, field('plot')], {
      inverses: before.entities[0]!.inverses,
    }),
    before.entities[1]!,
  )
  expect(staleLock(field2, first)).toMatchObject({
    code: 'LOCK_STALE',
    message: expect.stringContaining('in Film;'),
  })
})

// ---- any history of edits

const NAMES = ['A', 'B', 'C', 'D']
const aModel = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      fields: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('x', 'y', 'z'), crdt: fc.constantFrom('register', 'set') }),
        { selector: own => own.name },
      ),
      relation: fc.boolean(),
    }),
    { selector: own => own.name },
  )
  .map(all =>
    modelOf(
      ...all.map(({ name, fields, relation }) =>
        entity(
          name,
          fields.map(own => field(own.name, text, { crdt: own.crdt as 'register' | 'set' })),
          {
            inverses: relation ? [edges('peers', `${name}.peers`, 'from')] : [],
          },
        ),
      ),
    ),
  )

test('over any history of models no number ever means two things, and nothing is renumbered', () => {
  fc.assert(
    fc.property(fc.array(aModel, { minLength: 1, maxLength: 8 }), history => {
      const meaning = new Map<string, string>()
      let lock: Lock | null = null
      for (const model of history) {
        const now: { model: ModelIR; lock: Lock } = numbered(model, lock)
        for (const own of now.model.entities) {
          agree(meaning, `${own.number}`, own.name)
          for (const { number, name, crdt } of own.fields)
            agree(meaning, `${own.number}.${number}`, `${name} ${crdt}`)
        }
        for (const { number, name } of now.model.relations) agree(meaning, `${number}`, name)
        expect(numbered(model, now.lock).model).toEqual(now.model)
        expect(staleLock(model, now.lock)).toBeNull()
        expect(parseLock(printLock(now.lock))).toEqual({ lock: now.lock, problems: [] })
        lock = now.lock
      }
    }),
  )
})

function agree(meaning: Map<string, string>, number: string, is: string): void {
  expect(meaning.get(number) ?? is, `number ${number}`).toBe(is)
  meaning.set(number, is)
}

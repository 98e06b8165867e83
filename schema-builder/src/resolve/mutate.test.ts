import { keyId, parseId } from '@zg/core/change/id'
import { problem } from '@zg/core/problem'
import { expect, test } from 'vitest'
import { type Api, api, codeOf, dataOf } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'

function films(ports: 'now' | 'later' = 'now'): Api {
  const made = api({ ports })
  made.apply(...FILMS)
  made.calls.length = 0
  return made
}

const CREATE = `mutation ($input: CreateFilmInput!, $mutationId: String) {
  createFilm(input: $input, mutationId: $mutationId) {
    __typename
    ... on FilmPayload { id cursor verdict { status } film { title likes director { name } moods tags { nodes { name } } } }
    ... on Problem { code message path }
  }
}`

test.each(['now', 'later'] as const)(
  'create answers with the new row, read after the commit (ports answer %s)',
  async ports => {
    const at = films(ports)
    const input = {
      title: 'Blade Runner',
      director: { connect: 'person_scott' },
      likes: { increment: '9007199254740993' },
      addMoods: ['dark'],
      addTags: [{ connect: 'tag_classic' }],
      gross: 41,
      released: '1982-06-25',
      addedAt: '2026-01-01T02:00:00+02:00',
      rating: 'R',
    }
    const result = await at.run(CREATE, { input })
    const payload = dataOf<{ id: string; cursor: string }>(result, 'createFilm')
    expect(result).toEqual({
      data: {
        createFilm: {
          __typename: 'FilmPayload',
          id: payload.id,
          cursor: expect.stringMatching(/^c1\./),
          verdict: { status: 'APPLIED' },
          film: {
            title: 'Blade Runner',
            likes: '9007199254740993',
            director: { name: 'Scott' },
            moods: ['dark'],
            tags: { nodes: [{ name: 'classic' }] },
          },
        },
      },
    })
    expect(parseId(payload.id)?.prefix).toBe('film')
    expect(at.acts.at(-1)).toEqual({
      kind: 'create',
      entity: 'Film',
      id: payload.id,
      generated: true,
      fields: {
        title: { kind: 'set', value: 'Blade Runner' },
        director: { kind: 'set', value: 'person_scott' },
        likes: { kind: 'increment', by: '9007199254740993' },
        moods: { kind: 'alter', add: ['dark'], remove: [] },
        tags: { kind: 'alter', add: ['tag_classic'], remove: [] },
        gross: { kind: 'set', value: '41' },
        released: { kind: 'set', value: '1982-06-25' },
        addedAt: { kind: 'set', value: '2026-01-01T00:00:00.000Z' },
        rating: { kind: 'set', value: 'R' },
      },
    })
  },
)

test('every create gets an id of its own; a natural key makes it from its fields', async () => {
  const at = films()
  const document =
    'mutation { a: createTag(input: { name: "x" }) { ... on TagPayload { id } } b: createTag(input: { name: "x" }) { ... on TagPayload { id } } }'
  const { a, b } = (await at.run(document)).data as { a: { id: string }; b: { id: string } }
  expect(a.id).not.toBe(b.id)
  const studio = await at.run(
    'mutation { createStudio(input: { name: "Warner Bros." }) { ... on StudioPayload { id studio { name } } } }',
  )
  expect(studio.data?.createStudio).toEqual({
    id: keyId('studio', ['Warner Bros.']),
    studio: { name: 'Warner Bros.' },
  })
  expect(at.acts.at(-1)).not.toHaveProperty('generated')
})

test('a retry under the same mutation id answers with the row that was made the first time', async () => {
  const at = films()
  const first = await at.run(CREATE, { input: { title: 'Once' }, mutationId: 'm1' })
  const again = await at.run(CREATE, { input: { title: 'Once' }, mutationId: 'm1' })
  expect(again).toEqual(first)
  expect(again.data).toMatchObject({ createFilm: { film: { title: 'Once' } } })
  const other = await at.run(CREATE, { input: { title: 'Once' }, mutationId: 'm2' })
  expect(other).not.toEqual(first)
})

test('update touches what is named only; null clears; lists and counters move', async () => {
  const at = films()
  const result = await at.run(`mutation {
    updateFilm(id: "film_space", input: {
      year: null, studio: null, director: { connect: "person_scott" }, likes: { decrement: 2 },
      addTags: [{ connect: "tag_horror" }], removeTags: ["tag_classic"], addMoods: ["slow"], addReviews: [{ connect: "review_3" }], removeMoods: null
    }) { ... on FilmPayload { film { title year studio { name } director { name } likes moods tags { nodes { name } } reviews { nodes { text } } } } }
  }`)
  expect(result).toEqual({
    data: {
      updateFilm: {
        film: {
          title: '2001',
          year: null,
          studio: null,
          director: { name: 'Scott' },
          likes: '-2',
          moods: ['slow'],
          tags: { nodes: [{ name: 'horror' }] },
          reviews: { nodes: [{ text: 'long' }, { text: 'best' }, { text: 'loud' }] },
        },
      },
    },
  })
  expect(at.acts.at(-1)).toEqual({
    kind: 'update',
    entity: 'Film',
    id: 'film_space',
    fields: {
      year: { kind: 'set', value: null },
      studio: { kind: 'set', value: null },
      director: { kind: 'set', value: 'person_scott' },
      likes: { kind: 'increment', by: '-2' },
      tags: { kind: 'alter', add: ['tag_horror'], remove: ['tag_classic'] },
      moods: { kind: 'alter', add: ['slow'], remove: [] },
      reviews: { kind: 'alter', add: ['review_3'], remove: [] },
    },
  })
})

test('delete answers the id, and no row', async () => {
  const at = films()
  const result = await at.run(
    'mutation { deleteTag(id: "tag_horror") { ... on TagPayload { id verdict { status } tag { name } } } }',
  )
  expect(result).toEqual({
    data: { deleteTag: { id: 'tag_horror', verdict: { status: 'APPLIED' }, tag: null } },
  })
  expect(at.calls).toEqual(['commit'])
})

test.each([
  ['NOT_FOUND', ['0'], 'NotFoundProblem', ['id']],
  ['FORBIDDEN', ['0'], 'ForbiddenProblem', ['id']],
  ['RESTRICTED', ['0', 'id'], 'ConflictProblem', ['id']],
  ['ID_REUSED', [], 'ConflictProblem', ['mutationId']],
  ['TOO_LARGE', [], 'ValidationProblem', []],
  ['BAD_VALUE', ['0', 'title'], 'ValidationProblem', ['input', 'title']],
  ['REF_MISSING', ['0', 'director'], 'ValidationProblem', ['input', 'director', 'connect']],
  ['REF_GONE', ['0', 'tags'], 'ConflictProblem', ['input', 'addTags']],
  ['TOO_LARGE', ['0', 'moods', 'add', '3'], 'ValidationProblem', ['input', 'addMoods', '3']],
])('a refusal %s at %j is a %s at %j', async (code, path, type, expected) => {
  const at = films()
  at.refuse([problem(code, path, 'Why, and what to do')])
  const result = await at.run(
    `mutation { updateFilm(id: "film_space", input: { title: "x", director: { connect: "person_x" }, addTags: [{ connect: "tag_x" }] }) {
      __typename ... on Problem { code message path }
    } }`,
  )
  expect(result).toEqual({
    data: { updateFilm: { __typename: type, code, message: 'Why, and what to do', path: expected } },
  })
})

test('problems of a create lead into its input, of a removal to what was removed, of a clearing to the field', async () => {
  const at = films()
  const path = async (problemPath: string[], mutation: string) => {
    at.refuse([problem('REQUIRED', problemPath, 'No')])
    const result = await at.run(`mutation { it: ${mutation} { ... on Problem { path } } }`)
    return dataOf<{ path: string[] }>(result, 'it').path
  }
  expect(await path(['0', 'id'], 'createTag(input: { name: "x" })')).toEqual(['input'])
  expect(
    await path(['0', 'reviews'], 'updateFilm(id: "film_space", input: { removeReviews: ["review_1"] })'),
  ).toEqual(['input', 'removeReviews'])
  expect(await path(['0', 'film'], 'updateReview(id: "review_1", input: { film: null })')).toEqual([
    'input',
    'film',
  ])
})

test('the fields of one document are one mutation each, and none commits under an open snapshot', async () => {
  for (const ports of ['now', 'later'] as const) {
    const at = films(ports)
    const result = await at.run(`mutation {
      a: updateFilm(id: "film_lost", input: { title: "Found" }) { ... on FilmPayload { film { title director { name } } } }
      b: updateFilm(id: "film_lost", input: { title: "Kept" }) { ... on FilmPayload { film { title tags { nodes { id } } } } }
    }`)
    expect(result.data).toMatchObject({ a: { film: { title: 'Found' } }, b: { film: { title: 'Kept' } } })
    const life = at.calls.filter(call => /^(open|close|commit)$/.test(call))
    expect(life).toEqual(['commit', 'open', 'close', 'commit', 'open', 'close'])
  }
})

test.each([
  ['createFilm(input: { title: "x", gross: "1.5" })', 'BAD_VALUE'],
  ['createFilm(input: { title: "x", gross: "9223372036854775808" })', 'BAD_VALUE'],
  ['createFilm(input: { title: "x", released: "1982-02-30" })', 'BAD_VALUE'],
  ['createFilm(input: { title: "x", addedAt: "yesterday" })', 'BAD_VALUE'],
  ['createFilm(input: { title: "x", gross: true })', 'BAD_VALUE'],
])('a value of no type is refused before anything runs: %s', async (field, code) => {
  const at = films()
  const result = await at.run(`mutation { ${field} { __typename } }`)
  expect(codeOf(result)).toBe(code)
  expect(at.calls).toEqual([])
})

test('variables are as strict as literals, and large integers keep their digits', async () => {
  const at = films()
  const bad = await at.run(CREATE, { input: { title: 'x', gross: 2 ** 53 } })
  expect(codeOf(bad)).toBe('BAD_VALUE')
  await at.run('mutation { createFilm(input: { title: "x", gross: 9007199254740993 }) { __typename } }')
  expect(at.acts.at(-1)).toMatchObject({ fields: { gross: { value: '9007199254740993' } } })
})

import { expect, test } from 'vitest'
import { type Api, api, codeOf, dataOf } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'

function films(ports: 'now' | 'later' = 'now'): Api {
  const made = api({ ports })
  made.apply(...FILMS)
  made.calls.length = 0
  return made
}

/** The titles that a filter leaves, by title. */
async function titles(at: Api, where: string): Promise<unknown> {
  const result = await at.run(`{ films(where: ${where}, orderBy: [{ title: ASC }]) { nodes { title } } }`)
  if (result.errors) return result.errors.map(error => error.message)
  return dataOf<{ nodes: { title: string }[] }>(result, 'films').nodes.map(({ title }) => title)
}

test.each(['now', 'later'] as const)(
  'an entity with every kind of field and relation is read by id (ports answer %s)',
  async ports => {
    const result = await films(ports).run(`{
    film(id: "film_alien") {
      __typename id title year score seen likes moods rating released
      director { name } studio { name } poster { url film { title } }
      reviews { nodes { stars film { id } } edges { cursor node { text } } }
      tags(orderBy: [{ name: DESC }]) { nodes { name films { nodes { title } } } pageInfo { hasNextPage hasPreviousPage } }
    }
    gone: film(id: "film_nope") { id }
  }`)
    expect(result.errors).toBeUndefined()
    expect(result.data).toMatchObject({
      film: {
        __typename: 'Film',
        id: 'film_alien',
        title: 'Alien',
        year: 1979,
        score: null,
        seen: false,
        likes: '0',
        moods: [],
        rating: 'R',
        released: null,
        director: { name: 'Scott' },
        studio: null,
        poster: { url: 'https://example.org/alien', film: { title: 'Alien' } },
        reviews: { nodes: [{ stars: 5, film: { id: 'film_alien' } }], edges: [{ node: { text: 'loud' } }] },
        tags: {
          nodes: [
            { name: 'horror', films: { nodes: [{ title: 'Alien' }, { title: 'The Shining' }] } },
            { name: 'classic', films: { nodes: [{ title: 'Alien' }, { title: '2001' }] } },
          ],
          pageInfo: { hasNextPage: false, hasPreviousPage: false },
        },
      },
      gone: null,
    })
  },
)

test('over ports that answer at once, so does the API', () => {
  const at = films()
  const result = at.run(
    '{ films { nodes { title director { name } reviews { nodes { text } } } } node(id: "tag_horror") { id } }',
  )
  expect(result).not.toBeInstanceOf(Promise)
  expect(at.calls.at(0)).toBe('open')
  expect(at.calls.filter(call => call === 'open' || call === 'close')).toEqual(['open', 'close'])
})

test('node finds the entity by the prefix', async () => {
  const result = await films().run(
    '{ node(id: "tag_horror") { __typename id ... on Tag { name } ... on Film { title } } nope: node(id: "tag_nope") { id } }',
  )
  expect(result).toEqual({
    data: { node: { __typename: 'Tag', id: 'tag_horror', name: 'horror' }, nope: null },
  })
})

test.each(['film(id: "person_scott")', 'film(id: "no id")', 'node(id: "dog_1")', 'node(id: "")'])(
  'what can be no id is refused: %s',
  async field => {
    const at = films()
    const result = await at.run(`{ it: ${field} { id } }`)
    expect(result.data).toEqual({ it: null })
    expect(codeOf(result)).toBe('BAD_ID')
    expect(at.calls).toEqual([])
  },
)

test('a filter that no store could answer is refused before any read', async () => {
  const at = films()
  const deep = `${'{ and: ['.repeat(60)}{ year: { gt: 1 }, seen: { eq: true } }${', { year: { gt: 2 } }] }'.repeat(60)}`
  expect(codeOf(await at.run(`{ films(where: ${deep}) { nodes { id } } }`))).toBe('TOO_DEEP')
  expect(
    codeOf(
      await at.run('query ($t: String) { films(where: { title: { eq: $t } }) { nodes { id } } }', {
        t: '\0',
      }),
    ),
  ).toBe('BAD_VALUE')
  expect(at.calls).toEqual([])
})

test.each([
  ['{}', ['2001', 'Alien', 'Lost', 'The Shining']],
  ['{ title: { eq: "Alien" } }', ['Alien']],
  ['{ title: { startsWith: "A", contains: "ie" } }', ['Alien']],
  ['{ year: { gte: 1979, lt: 1980 } }', ['Alien']],
  ['{ year: { isNull: true } }', ['Lost']],
  ['{ year: { isNull: false, notIn: [1968] } }', ['Alien', 'The Shining']],
  ['{ rating: { in: [R] } }', ['Alien', 'The Shining']],
  ['{ seen: { eq: true } }', []],
  ['{ likes: { eq: 0 }, id: { in: ["film_lost"] } }', ['Lost']],
  ['{ moods: { has: "sad" } }', ['Lost']],
  ['{ moods: { hasAll: ["sad", "fast"] } }', []],
  ['{ moods: { hasAny: ["sad", "fast"] } }', ['Lost']],
  ['{ moods: { hasAny: [] } }', []],
  ['{ director: { name: { eq: "Kubrick" } } }', ['2001', 'The Shining']],
  ['{ director: { id: { isNull: true } } }', ['Lost']],
  ['{ director: { directed: { some: { title: { eq: "2001" } } } } }', ['2001', 'The Shining']],
  ['{ poster: { url: { contains: "alien" } } }', ['Alien']],
  ['{ reviews: { some: { stars: { lt: 5 } } } }', ['2001']],
  ['{ reviews: { every: { stars: { eq: 5 } } } }', ['Alien', 'Lost', 'The Shining']],
  ['{ reviews: { some: {}, every: { stars: { eq: 5 } } } }', ['Alien']],
  ['{ reviews: { none: {} } }', ['Lost', 'The Shining']],
  ['{ tags: { some: { name: { eq: "horror" } } } }', ['Alien', 'The Shining']],
  ['{ and: [{ year: { gt: 1970 } }, { rating: { ne: G } }] }', ['Alien', 'The Shining']],
  ['{ or: [{ title: { eq: "Lost" } }, { year: { lt: 1970 } }] }', ['2001', 'Lost']],
  ['{ or: [] }', []],
  ['{ and: [], not: [] }', ['2001', 'Alien', 'Lost', 'The Shining']],
  ['{ not: [{ title: { eq: "Lost" } }, { director: { name: { eq: "Kubrick" } } }] }', ['Alien']],
])('where %s', async (where, expected) => {
  expect(await titles(films(), where)).toEqual(expected)
})

test.each([
  ['{ title: { eq: null } }', 'where.title.eq'],
  ['{ title: null }', 'where.title'],
  ['{ director: null }', 'where.director'],
  ['{ or: [{ year: { isNull: null } }] }', 'where.or.0.year.isNull'],
  ['{ reviews: { some: null } }', 'where.reviews.some'],
  ['{ moods: { has: null } }', 'where.moods.has'],
])('null in a filter is refused: %s', async (where, path) => {
  const result = await films().run(`{ films(where: ${where}) { nodes { id } } }`)
  expect(codeOf(result)).toBe('NULL_COMPARISON')
  expect(result.errors?.[0]?.message).toContain(path)
})

test('a filter that is absent or null as a whole lets everything pass', async () => {
  const result = await films().run(
    'query ($where: FilmWhere) { films(where: $where, orderBy: null, first: null, after: null) { nodes { id } } }',
    { where: null },
  )
  expect(dataOf<{ nodes: unknown[] }>(result, 'films').nodes).toHaveLength(4)
})

test('order: missing values last in ASC, first in DESC, ties by id', async () => {
  const at = films()
  const years = async (direction: string) => {
    const result = await at.run(`{ films(orderBy: [{ year: ${direction} }]) { nodes { year } } }`)
    return dataOf<{ nodes: { year: number | null }[] }>(result, 'films').nodes.map(({ year }) => year)
  }
  expect(await years('ASC')).toEqual([1968, 1979, 1980, null])
  expect(await years('DESC')).toEqual([null, 1980, 1979, 1968])
  const result = await at.run('{ films(orderBy: [{ rating: ASC }, { title: DESC }]) { nodes { id } } }')
  expect(dataOf<{ nodes: { id: string }[] }>(result, 'films').nodes.map(({ id }) => id)).toEqual([
    'film_space',
    'film_shining',
    'film_alien',
    'film_lost',
  ])
})

type Paged = {
  edges: { cursor: string; node: { title: string } }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    endCursor: string | null
    startCursor: string | null
  }
}

const PAGE = `query ($after: String, $where: FilmWhere) {
  films(first: 3, after: $after, where: $where, orderBy: [{ year: DESC }]) {
    edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

test('pages follow each other without gap or repeat, over missing values too', async () => {
  const at = films()
  const first = dataOf<Paged>(await at.run(PAGE), 'films')
  expect(first.edges.map(({ node }) => node.title)).toEqual(['Lost', 'The Shining', 'Alien'])
  expect(first.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: first.edges[0]?.cursor,
    endCursor: first.edges[2]?.cursor,
  })
  const second = dataOf<Paged>(await at.run(PAGE, { after: first.pageInfo.endCursor }), 'films')
  expect(second.edges.map(({ node }) => node.title)).toEqual(['2001'])
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  const beyond = dataOf<Paged>(await at.run(PAGE, { after: second.pageInfo.endCursor }), 'films')
  expect(beyond).toMatchObject({
    edges: [],
    pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
  })
})

test('a cursor of another list, or none at all, is refused', async () => {
  const at = films()
  const { endCursor } = dataOf<Paged>(await at.run(PAGE), 'films').pageInfo
  expect(codeOf(await at.run(PAGE, { after: endCursor, where: { title: { ne: 'x' } } }))).toBe('BAD_CURSOR')
  expect(codeOf(await at.run(PAGE, { after: 'nonsense' }))).toBe('BAD_CURSOR')
  const nested =
    'query ($after: String) { person(id: "person_scott") { directed(after: $after, orderBy: [{ year: DESC }]) { nodes { id } } } }'
  expect(codeOf(await at.run(nested, { after: endCursor }))).toBe('BAD_CURSOR')
})

test.each([
  [-1, 'PAGE_SIZE'],
  [501, 'PAGE_SIZE'],
  [500, undefined],
  [0, undefined],
])('first: %i', async (first, code) => {
  const result = await films().run(`{ films(first: ${first}) { nodes { id } pageInfo { hasNextPage } } }`)
  expect(codeOf(result)).toBe(code)
  if (first === 0) expect(result.data).toEqual({ films: { nodes: [], pageInfo: { hasNextPage: true } } })
})

test('only the columns that are selected are read', async () => {
  const at = films()
  const result = await at.run(`query ($no: Boolean = false) {
    films(orderBy: [{ year: ASC }]) { nodes { ...a rating @include(if: $no) score @skip(if: true) ... on Node { id } } edges { node { seen } } }
    film(id: "film_alien") { __typename ... on Node { ... on Tag { name } } director { id } }
  } fragment a on Film { title }`)
  expect(result.errors).toBeUndefined()
  expect(at.calls).toEqual(['open', 'pages Film seen,title', 'rows Film director', 'rows Person', 'close'])
})

test('relations are batched: one read per level and distinct arguments, however many parents and aliases', async () => {
  const at = films('later')
  const result = await at.run(`{
    people {
      nodes {
        name
        directed(first: 2) {
          nodes {
            title
            again: director { name }
            director { id }
            reviews(first: 1) { nodes { text film { title } } }
            more: reviews(first: 1) { nodes { stars film { year } } }
            best: reviews(where: { stars: { eq: 5 } }) { nodes { stars } }
            tags { nodes { name } }
          }
        }
      }
    }
  }`)
  expect(result.errors).toBeUndefined()
  expect(at.calls).toEqual([
    'open',
    'pages Person name',
    'pages Person.directed director,title',
    'rows Person name',
    'pages Film.reviews film,stars,text',
    'pages Film.reviews stars',
    'pages Film.tags name',
    'rows Film title,year',
    'close',
  ])
})

test('what is asked of rows by id is read for them only, not for those asked for beside them', async () => {
  const at = films()
  const answer = await at.run(`{
    none: nodes(ids: ["studio_MGM"]) { ... on Film { year director { name } } }
    some: nodes(ids: ["film_lost"]) { ... on Film { title } }
  }`)
  expect(answer.data).toEqual({ none: [{}], some: [{ title: 'Lost' }] })
  expect(at.calls.filter(call => call.includes('Film'))).toEqual(['rows Film title'])
})

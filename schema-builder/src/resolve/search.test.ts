import { expect, test } from 'vitest'
import { type Api, api, codeOf, dataOf } from '../testing/api.suite.ts'
import { created, FILMS } from '../testing/films.suite.ts'

function films(): Api {
  const made = api({ ports: 'later' })
  made.apply(...FILMS)
  made.apply(
    created('Film', 'film_two', { title: 'Alien and the Alien', year: 1990 }),
    created('Film', 'film_three', { title: 'Alien three', year: 1992, director: 'person_scott' }),
  )
  return made
}

const SEARCH = `query ($search: String, $orderBy: [FilmOrder!], $first: Int, $after: String, $where: FilmWhere) {
  films(search: $search, orderBy: $orderBy, first: $first, after: $after, where: $where) {
    totalCount nodes { title } pageInfo { endCursor hasNextPage }
  }
}`

interface Found {
  readonly totalCount: number
  readonly nodes: readonly { readonly title: string }[]
  readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
}

async function found(at: Api, variables: object): Promise<Found> {
  return dataOf<Found>(await at.run(SEARCH, { ...variables }), 'films')
}

const titles = ({ nodes }: Found) => nodes.map(({ title }) => title)

test('a search answers the best first, and pages on behind a rank', async () => {
  const at = films()
  const first = await found(at, { search: 'ALIEN', first: 2 })
  expect(first.totalCount).toBe(3)
  expect(titles(first)).toEqual(['Alien and the Alien', 'Alien'])
  const { endCursor, hasNextPage } = first.pageInfo
  expect(hasNextPage).toBe(true)
  expect(titles(await found(at, { search: 'ALIEN', first: 2, after: endCursor }))).toEqual(['Alien three'])
  expect(codeOf(await at.run(SEARCH, { search: 'alien three', after: endCursor }))).toBe('BAD_CURSOR')
})

test('a search can be ordered and filtered like any list', async () => {
  const at = films()
  expect(titles(await found(at, { search: 'alien', orderBy: [{ year: 'DESC' }] }))).toEqual([
    'Alien three',
    'Alien and the Alien',
    'Alien',
  ])
  expect(
    titles(await found(at, { search: 'alien', where: { year: { lt: 1992 } }, orderBy: [{ year: 'ASC' }] })),
  ).toEqual(['Alien', 'Alien and the Alien'])
  expect(titles(await found(at, { search: '' }))).toEqual([])
  expect(titles(await found(at, { search: null, first: 1, orderBy: [{ title: 'ASC' }] }))).toEqual(['2001'])
})

test('below a row, too', async () => {
  const result = await films().run(
    '{ person(id: "person_scott") { directed(search: "alien -three") { totalCount nodes { title } } } }',
  )
  expect(result.data).toEqual({ person: { directed: { totalCount: 1, nodes: [{ title: 'Alien' }] } } })
})

test('only entities with a fulltext index have it, and only so much of it', async () => {
  const at = films()
  const result = await at.run('{ people(search: "x") { nodes { id } } }')
  expect(result.errors?.[0]?.message).toContain('Unknown argument "search"')
  expect(codeOf(await at.run(SEARCH, { search: 'x'.repeat(1_001) }))).toBe('TOO_LARGE')
  expect(codeOf(await at.run(SEARCH, { search: '\0' }))).toBe('BAD_VALUE')
})

import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { execute } from '../execute/execute.ts'
import { type Api, api, codeOf, dataOf } from '../testing/api.suite.ts'
import { created, FILMS } from '../testing/films.suite.ts'

function films(ports: 'now' | 'later' = 'now'): Api {
  const made = api({ ports })
  made.apply(...FILMS)
  made.calls.length = 0
  return made
}

interface Paged {
  readonly nodes: readonly { readonly title: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

const INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $by: [FilmOrder!]) {
  films(first: $first, after: $after, last: $last, before: $before, orderBy: $by) { nodes { title } ${INFO} }
}`
const BY_YEAR = [{ year: 'ASC' }]

async function page(at: Api, variables: object): Promise<Paged> {
  return dataOf<Paged>(await at.run(PAGE, { by: BY_YEAR, ...variables }), 'films')
}

const titles = ({ nodes }: Paged) => nodes.map(({ title }) => title).join(', ')
/** `<` and `>` where the list goes on. */
const shown = (found: Paged) => {
  const { hasNextPage, hasPreviousPage } = found.pageInfo
  return `${hasPreviousPage ? '< ' : ''}${titles(found)}${hasNextPage ? ' >' : ''}`
}

describe.each(['now', 'later'] as const)('paging, ports answering %s', ports => {
  test('backward: pages from the end, in the order of the list', async () => {
    const at = films(ports)
    const last = await page(at, { last: 2 })
    expect(shown(last)).toBe('< The Shining, Lost')
    const middle = await page(at, { last: 1, before: last.pageInfo.startCursor })
    expect(shown(middle)).toBe('< Alien >')
    const first = await page(at, { last: 2, before: middle.pageInfo.startCursor })
    expect(shown(first)).toBe('2001 >')
    expect(shown(await page(at, { last: 2, before: first.pageInfo.startCursor }))).toBe(' >')
  })

  test('`before` alone means the rows next to it', async () => {
    const at = films(ports)
    const { pageInfo } = await page(at, { last: 1 })
    expect(shown(await page(at, { before: pageInfo.startCursor }))).toBe('2001, Alien, The Shining >')
  })

  test('between two cursors, from either end', async () => {
    const at = films(ports)
    const all = await page(at, {})
    const ends = { after: all.pageInfo.startCursor, before: all.pageInfo.endCursor }
    expect(shown(await page(at, ends))).toBe('< Alien, The Shining >')
    expect(shown(await page(at, { ...ends, first: 1 }))).toBe('< Alien >')
    expect(shown(await page(at, { ...ends, last: 1 }))).toBe('< The Shining >')
  })

  test('what lies beyond a cursor is looked up, not guessed', async () => {
    const at = films(ports)
    const { pageInfo } = await page(at, { first: 1 })
    expect(shown(await page(at, { first: 2, after: pageInfo.endCursor }))).toBe('< Alien, The Shining >')
    at.apply({ kind: 'delete', entity: 'Film', id: 'film_space' })
    expect(shown(await page(at, { first: 2, after: pageInfo.endCursor }))).toBe('Alien, The Shining >')
  })

  test('nested: the last rows of each parent', async () => {
    const result = await films(ports).run(`{
      people(orderBy: [{ name: ASC }]) {
        nodes { name directed(last: 1, orderBy: [{ year: ASC }]) { nodes { title } ${INFO} } }
      }
    }`)
    const { nodes } = dataOf<{ nodes: { name: string; directed: Paged }[] }>(result, 'people')
    expect(nodes.map(({ name, directed }) => `${name}: ${shown(directed)}`)).toEqual([
      'Kubrick: < The Shining',
      'Scott: Alien',
    ])
  })

  test('orders through relations to one row, and pages on', async () => {
    const at = films(ports)
    const by = [{ director: { name: 'DESC' } }, { poster: { url: 'ASC' } }, { title: 'ASC' }]
    const first = await page(at, { by, first: 2 })
    expect(shown(first)).toBe('Lost, Alien >')
    const second = await page(at, { by, first: 2, after: first.pageInfo.endCursor })
    expect(shown(second)).toBe('< 2001, The Shining')
    expect(shown(await page(at, { by, last: 1, before: second.pageInfo.startCursor }))).toBe('< Alien >')
  })
})

test('only a page that is asked about a cursor of the asker looks beyond it', async () => {
  const at = films()
  const { pageInfo } = await page(at, { first: 1 })
  at.calls.length = 0
  await at.run(
    `query ($after: String) { films(after: $after, orderBy: [{ year: ASC }]) { nodes { id } pageInfo { hasNextPage } } }`,
    { after: pageInfo.endCursor },
  )
  expect(at.calls).toEqual(['open', 'pages Film', 'close'])
})

test.each([
  [{ first: 1, last: 1 }, 'PAGE_SIZE', 'last'],
  [{ last: -1 }, 'PAGE_SIZE', 'last'],
  [{ last: 501 }, 'PAGE_SIZE', 'last'],
  [{ before: 'nonsense' }, 'BAD_CURSOR', 'before'],
])('%j is refused', async (variables, code, path) => {
  const result = await films().run(PAGE, variables)
  expect(codeOf(result)).toBe(code)
  expect(result.errors?.[0]?.extensions.path).toEqual([path])
})

test('an order through more relations than a path may have is refused at its argument', async () => {
  let item = 'director: { name: ASC }'
  for (let i = 0; i < 12; i++) item = `poster: { film: { ${item} } }`
  const result = await films().run(`{ films(orderBy: [{ ${item} }]) { nodes { id } } }`)
  expect(codeOf(result)).toBe('TOO_DEEP')
  expect(result.errors?.[0]?.extensions.path).toEqual(['orderBy'])
})

test('nodes: in the order asked, null for what is gone, an error at what can be no id', async () => {
  const at = films('later')
  const result = await at.run(
    `{ nodes(ids: ["tag_horror", "film_gone", "film_alien", "no id", "film_alien"]) { __typename id ... on Film { title } } }`,
  )
  const alien = { __typename: 'Film', id: 'film_alien', title: 'Alien' }
  expect(result.data).toEqual({
    nodes: [{ __typename: 'Tag', id: 'tag_horror' }, null, alien, null, alien],
  })
  expect(result.errors).toHaveLength(1)
  expect(result.errors?.[0]).toMatchObject({ path: ['nodes', 3], extensions: { code: 'BAD_ID' } })
  expect(at.calls).toEqual(['open', 'rows Tag', 'rows Film title', 'close'])
})

test('nodes: at most 500', async () => {
  const ids = Array.from({ length: 501 }, (_, i) => `film_${i}`)
  const result = await films().run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
  expect(codeOf(result)).toBe('TOO_LARGE')
})

test('a page of all rows from either end is the same', async () => {
  const at = films()
  at.apply(
    ...Array.from({ length: 20 }, (_, i) =>
      created('Film', `film_n${i}`, { title: `n${i}`, year: 1970 + (i % 3) }),
    ),
  )
  const forward = await page(at, { first: 500 })
  expect(titles(await page(at, { last: 500 }))).toBe(titles(forward))
  const walked: string[] = []
  let before: string | null = null
  do {
    const found: Paged = await page(at, { last: 3, ...(before === null ? {} : { before }) })
    walked.unshift(...found.nodes.map(({ title }) => title))
    before = found.pageInfo.hasPreviousPage ? found.pageInfo.startCursor : null
  } while (before !== null)
  expect(walked.join(', ')).toBe(titles(forward))
})

test.each([
  [
    'films(orderBy: [{ director: { name: ASC } }, { poster: { url: ASC } }]) { nodes { id } }',
    'Film Person Poster',
  ],
  ['films(where: { reviews: { some: { stars: { gt: 1 } } } }) { totalCount }', 'Film Review'],
  ['filmGroups(by: [rating], where: { tags: { none: {} } }) { aggregate { count } }', 'Film Tag'],
])('a live query waits for every entity that its list depends on: %s', async (field, entities) => {
  const at = films()
  const contextValue = at.context()
  const result = await execute({ schema: at.schema, document: parse(`{ ${field} }`), contextValue })
  expect(result.errors).toBeUndefined()
  expect([...contextValue.zg.touched].sort().join(' ')).toBe(entities)
})

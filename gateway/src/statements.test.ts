import { filmModel } from '@zg/core/ir/film.fixture'
import { add, create, desk, film, person, review, set, tag } from '@zg/core/ports/ports.suite'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { counted } from './counted.fixture.ts'
import { storeApi } from './store-api.ts'

/** Depth four, aliases, and a page per parent: every level below hangs on all rows of the one above. */
const QUERY = `{
  people(first: 10) {
    nodes {
      name
      directed(first: 3) {
        nodes {
          title
          poster { url }
          best: reviews(first: 1, orderBy: { stars: DESC }) { nodes { stars film { title director { name } } } }
          worst: reviews(first: 1, orderBy: { stars: ASC }) { nodes { stars } }
          tags(first: 2) { nodes { name films(first: 2) { nodes { title } } } }
        }
      }
    }
  }
}`

const statements: string[] = []
let database: Database
let store: Store

beforeAll(async () => {
  database = await memoryDatabase()
  store = await openStore(
    counted(database, text => statements.push(text)),
    filmModel,
  )
})
afterAll(async () => {
  await store.close()
  await database.close()
})

async function load(from: number, people: number): Promise<void> {
  const { apply } = desk(store, { tenant: MAIN, principal: ANONYMOUS })
  for (let p = from; p < from + people; p++) {
    const acts = [0, 1, 2, 3].flatMap(i => {
      const id = `${p}x${i}`
      const tags = add(`tag_${id}`, `tag_${p}x0`)
      const poster = create('Poster', `poster_${id}`, { film: set(`film_${id}`), url: set('u') })
      return [tag(id), film(id, { director: set(`person_${p}`), tags }), review(id, `film_${id}`), poster]
    })
    await apply(person(String(p)), ...acts)
  }
}

async function statementsOf(query: string): Promise<number> {
  statements.length = 0
  const result = await storeApi(store).execute({
    document: parse(query),
    signal: AbortSignal.timeout(10_000),
  })
  expect(result.errors).toBeUndefined()
  expect(JSON.stringify(result.data)).toContain('"worst":{"nodes":[{"stars":4}]}')
  return statements.length
}

test('a nested query costs one statement per relation and distinct arguments, however many rows', async () => {
  await load(0, 1)
  const few = await statementsOf(QUERY)
  await load(1, 9)
  const many = await statementsOf(QUERY)
  // people, directed, poster, best, worst, tags, film, tags.films, director
  expect({ few, many }).toEqual({ few: 9, many: 9 })
})

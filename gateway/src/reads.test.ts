import { memoryDatabase } from '@zg/store/database.fixture'
import { expect, test } from 'vitest'
import { counted } from './counted.fixture.ts'
import { openLibrary, readsSuite } from './reads.suite.ts'

readsSuite('PGlite', () => memoryDatabase({ snapshotLimit: 60_000 }))

test('four levels deep, with aliases and pages of each parent: one statement per list of a level', async () => {
  const sent: string[] = []
  const database = counted(await memoryDatabase({ snapshotLimit: 60_000 }), text => sent.push(text))
  const library = await openLibrary(database)
  const answer = await library.ask(`{
    people(first: 10) {
      nodes {
        name
        directed(first: 3, orderBy: [{ studio: { name: ASC } }, { year: DESC }]) {
          totalCount
          nodes {
            title
            reviews(first: 2) { nodes { stars film { director { name } } } }
            again: reviews(first: 2) { aggregate { max { stars } } nodes { text } }
            last: reviews(last: 1) { totalCount nodes { film { title } } }
            tags(first: 2) { nodes { films(first: 1) { nodes { title } } } }
          }
        }
      }
    }
  }`)
  const { nodes } = answer.people as { nodes: { directed: { nodes: unknown[] } }[] }
  expect(nodes).toHaveLength(10)
  expect(nodes.filter(({ directed }) => directed.nodes.length === 3).length).toBeGreaterThan(5)
  const what = sent.map(text => text.match(/"public"\."(\w+)"/)?.[1])
  expect(what.sort()).toEqual([
    'film', // directed: totals
    'film', // of the first reviews
    'film', // of the last reviews, which come in later
    'film_tags', // tags
    'film_tags', // films of tags
    'person', // people
    'person', // directors of films of reviews
    'review', // first 2
    'review', // last 1
    'review', // totals of both lists
    'studio', // directed, in the order of their studios
  ])
  await library.store.close()
  await database.close()
})

import SchemaBuilder from '@pothos/core'
import { filmModel } from '@zg/core/ir/film.fixture'
import type { GraphQLSchema } from 'graphql'
import { afterEach, beforeEach, expect, test } from 'vitest'
import ZG from '../plugin/index.ts'
import { api } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'

/** What would have ended a gateway. */
let unheard: unknown[] = []
const hear = (error: unknown): void => {
  unheard.push(error)
}
beforeEach(() => {
  unheard = []
  process.on('unhandledRejection', hear)
})
afterEach(() => void process.off('unhandledRejection', hear))

async function ask(document: string, ports: 'now' | 'later', schema?: GraphQLSchema) {
  const at = api({ ports, ...(schema ? { schema } : {}) })
  at.apply(...FILMS)
  const answer = at.run(document)
  const result = await answer
  // Node tells of them between two turns.
  await new Promise(resolve => setImmediate(resolve))
  return { result, atOnce: !(answer instanceof Promise) }
}

/** Some films have a director, who has to be waited for, and the last one has none. */
const FILMS_OF = (field: string) =>
  `films(orderBy: [{ title: ASC }], where: { title: { ne: "The Shining" } }) { ${field} }`
const REFUSED = 'director { name } reviews(last: 501) { nodes { id } }'

test.each([`{ ${FILMS_OF(`nodes { ${REFUSED} }`)} }`, `{ ${FILMS_OF(`edges { node { ${REFUSED} } }`)} }`])(
  'when fields of many rows are refused, one is told and none goes unheard: %s',
  async document => {
    for (const ports of ['now', 'later'] as const) {
      const { result, atOnce } = await ask(document, ports)
      expect(result.errors?.map(({ extensions }) => extensions.code)).toContain('PAGE_SIZE')
      expect(unheard).toEqual([])
      expect(atOnce).toBe(ports === 'now')
    }
  },
)

test('lists of whoever extends the schema are no exception', async () => {
  const film = { ir: filmModel }
  const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film } })
  const Thing = b.objectRef<number>('Thing').implement({
    fields: t => ({
      at: t.int({
        nullable: false,
        resolve: n => {
          if (n === 0) return Promise.reject(new Error('late'))
          throw new Error('at once')
        },
      }),
      late: t.int({ resolve: async n => await new Promise<number>(resolve => setImmediate(resolve, n)) }),
    }),
  })
  b.queryFields(t => ({
    things: t.field({ type: [Thing], nullable: { list: true, items: false }, resolve: () => [0, 1, 2] }),
    set: t.field({
      type: [Thing],
      nullable: { list: true, items: false },
      resolve: () => new Set([Promise.resolve(0), 1]) as never,
    }),
  }))
  const { result } = await ask('{ things { at late } set { at late } }', 'later', b.toSchema())
  expect(result).toMatchObject({ data: { things: null, set: null } })
  expect(result.errors).toHaveLength(2)
  expect(unheard).toEqual([])
})

test('items that are nothing stay so, and over ports that answer at once so does a list', async () => {
  const { result, atOnce } = await ask('{ nodes(ids: ["film_nope", "film_alien"]) { id } }', 'now')
  expect(result).toEqual({ data: { nodes: [null, { id: 'film_alien' }] } })
  expect(atOnce).toBe(true)
})

import { catalog } from '@zg/core/ir/catalog'
import { type Known, typeOfComputation } from '@zg/core/ir/computation'
import type { Computation, ComputedIR, ModelIR } from '@zg/core/ir/ir'
import { memoryReader } from '@zg/core/memory/reader'
import { createRowStore } from '@zg/core/memory/rows'
import type { Reader } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import { films, fixtures } from '@zg/core/query/films.suite'
import type { Row } from '@zg/core/query/query'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import { sqlHarness } from '../reader.fixture.ts'
import { sqlReader } from '../reader.ts'
import type { Database } from '../session.ts'

let database: Database
let harness: Awaited<ReturnType<typeof sqlHarness>>
beforeAll(async () => {
  database = await memoryDatabase({ snapshotLimit: 60_000 })
  harness = await sqlHarness(database)
})
afterAll(() => database.close())

const path = (...names: string[]): Computation => ({ kind: 'path', path: names })
const NUMBERS = ['year', 'score', 'gross', 'likes', 'budget', 'share'].map(name => path(name))
const values = fc
  .constantFrom(0, -3, 12, '0.5', '-1.25', '9007199254740993')
  .map((value): Computation => ({ kind: 'value', value }))
/** Over reviews, whose numbers are their own and those of their films. */
const overReviews = fc.constantFrom<Computation>(
  path('stars'),
  path('film', 'budget'),
  path('film', 'score'),
  path('film', 'first'),
  { kind: 'times', left: path('stars'), right: path('film', 'share') },
)
const leaf: fc.Arbitrary<Computation> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  values,
  fc.constantFrom<Computation>(
    { kind: 'count', path: ['reviews'] },
    { kind: 'count', path: ['tags'] },
    { kind: 'count', path: ['director', 'directed'] },
    { kind: 'sum', path: ['director', 'directed'], of: path('year') },
    { kind: 'sum', path: ['studio', 'films'], of: path('score') },
  ),
  overReviews.map((of): Computation => ({ kind: 'sum', path: ['reviews'], of })),
)
const { tree } = fc.letrec<{ tree: Computation }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({
      kind: fc.constantFrom('plus' as const, 'minus' as const, 'times' as const),
      left: tie('tree'),
      right: tie('tree'),
    }),
  ),
}))

/** The films with computed fields `c0`, `c1`...; `first` is one that others use. Those without a type are left out. */
function withComputed(says: readonly Computation[]): ModelIR {
  const first: ComputedIR = { name: 'first', type: INT, optional: true, says: path('year'), graphql: {} }
  const base = films.model.entities.map(one => (one.name === 'Film' ? { ...one, computed: [first] } : one))
  const known: Known = {
    entities: new Map(base.map(one => [one.name, one])),
    relations: new Map(films.model.relations.map(one => [one.name, one])),
  }
  const made = says.flatMap((one, i): readonly ComputedIR[] => {
    const typed = typeOfComputation(known, 'Film', one)
    return 'message' in typed ? [] : [{ name: `c${i}`, ...typed, says: one, graphql: {} }]
  })
  return {
    ...films.model,
    entities: base.map(one => (one.name === 'Film' ? { ...one, computed: [first, ...made] } : one)),
  }
}
const INT = { kind: 'scalar', scalar: 'int' } as const

async function read(
  reader: Reader,
  scope: Scope,
  fields: readonly string[],
  by: string,
): Promise<readonly Row[]> {
  const snapshot = reader.open(scope)
  try {
    const order = [{ path: [by], direction: 'desc' } as const, { path: ['id'], direction: 'asc' } as const]
    return (await snapshot.pages({ entity: 'Film', fields, order }))[0] ?? []
  } finally {
    await snapshot.close()
  }
}

test('computed fields come to the same in SQL and in memory, whatever they say', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(fixtures, fc.array(tree, { minLength: 8, maxLength: 8 }), async (fixture, says) => {
      const { scope } = await harness.load(fixture)
      const own = catalog(withComputed(says))
      const store = createRowStore(own)
      for (const [entity, list] of Object.entries(fixture.rows))
        for (const row of list) store.putRow(entity, row)
      for (const [relation, pairs] of Object.entries(fixture.edges)) {
        for (const [from, to] of pairs) store.putEdge(relation, from, to)
      }
      const memory = memoryReader({
        catalog: own,
        log: 'm',
        source: () => ({ seq: 0, rows: store.snapshot() }),
      })
      const sql = sqlReader(database, own, 'm')
      const fields = [...own.entity('Film').computed.keys()]
      for (const by of fields.slice(-2)) {
        const rows = await read(memory, scope, fields, by)
        compared += rows.length * fields.length
        expect(await read(sql, scope, fields, by)).toEqual(rows)
      }
    }),
    { numRuns: 40, endOnFailure: true },
  )
  expect(compared).toBeGreaterThan(1_000)
})

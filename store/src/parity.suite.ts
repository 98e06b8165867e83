import { hlcOf } from '@zg/core/change/clock'
import type { Cell, Instance } from '@zg/core/change/instance'
import type { FieldIR } from '@zg/core/ir/ir'
import { canonical, isList, type Json } from '@zg/core/json'
import { memoryReader } from '@zg/core/memory/reader'
import { createRowStore } from '@zg/core/memory/rows'
import type { Snapshot } from '@zg/core/ports/reader'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Storage, Writes } from '@zg/core/ports/storage'
import type { Expression } from '@zg/core/query/expression'
import { expressions, type Fixture, films, fixtures, lookupOf, orders } from '@zg/core/query/expression.suite'
import { sorter } from '@zg/core/query/order'
import { targetOf } from '@zg/core/query/path'
import type { Order, Query, Under } from '@zg/core/query/query'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'

const QUERIES = 40
const FIXTURES = 30

/** SQL means what the evaluator means: 1,200 random queries over 30 random databases, and the same again by id. */
export function paritySuite(
  name: string,
  make: () => Promise<{ readonly database: Database; readonly close: () => Promise<void> }>,
): void {
  describe(`${name}: SQL equals the evaluator`, () => {
    let open: Awaited<ReturnType<typeof make>>
    let storage: Storage
    let tenants = 0
    beforeAll(async () => {
      open = await make()
      await migrate(open.database, films.model)
      storage = await sqlStorage(open.database, films)
    })
    afterAll(() => open?.close())

    test('for any rows, expression, order, page and parents', async () => {
      const cases = fc.tuple(fixtures, fc.array(asked, { minLength: QUERIES, maxLength: QUERIES }))
      const check = async (fixture: Fixture, list: readonly Asked[]) => {
        const tenant = `p${++tenants}`
        await fill(storage, tenant, fixture)
        const sql = sqlReader(open.database, films, storage.log).open({ tenant, principal: ANONYMOUS })
        const memory = inMemory(fixture, storage.log, tenant)
        try {
          for (const one of list) await compare(sql, memory, fixture, one)
        } finally {
          await sql.close()
        }
      }
      await fc.assert(fc.asyncProperty(cases, ([fixture, list]) => check(fixture, list)), { numRuns: FIXTURES })
    }, 120_000)
  })
}

interface Asked {
  readonly entity: string
  readonly where: Expression
  readonly order: readonly Order[]
  readonly limit: number | null
  /** Which row the page starts behind, if any. */
  readonly after: number | null
  /** Which relation leads here, if any, and from which ids. */
  readonly via: number | null
  readonly ids: readonly number[]
}

const asked: fc.Arbitrary<Asked> = fc.constantFrom(...films.entities.map(({ name }) => name)).chain(entity =>
  fc.record({
    entity: fc.constant(entity),
    where: expressions(entity),
    order: orders(entity),
    limit: fc.option(fc.integer({ min: 0, max: 4 })),
    after: fc.option(fc.nat(7)),
    via: fc.option(fc.nat(5)),
    ids: fc.array(fc.nat(8), { maxLength: 5 }),
  }),
)

async function compare(sql: Snapshot, memory: Snapshot, fixture: Fixture, asked: Asked): Promise<void> {
  const query = queryOf(fixture, asked)
  const [one, other] = [await sql.pages(query), await memory.pages(query)]
  if (canonical(one as Json) !== canonical(other as Json)) expect([query, one]).toEqual([query, other])
  const ids = [...(other[0] ?? []).map(({ id }) => id), `${asked.entity.toLowerCase()}_none`].reverse()
  expect(await sql.rows(query.entity, query.fields, ids)).toEqual(await memory.rows(query.entity, query.fields, ids))
}

function queryOf(fixture: Fixture, { entity, where, order, limit, after, via, ids }: Asked): Query {
  const rows = fixture.rows[entity] ?? []
  const start = after === null ? undefined : rows[after % Math.max(1, rows.length)]
  const under = via === null ? undefined : underOf(entity, via, ids)
  return {
    entity,
    fields: [...films.entity(entity).fields.keys()],
    where,
    order,
    ...(limit === null ? {} : { limit }),
    ...(start ? { after: sorter(films, entity, order).key(start, lookupOf(fixture)) } : {}),
    ...(under ? { under } : {}),
  }
}

/** One of the relations that lead to an entity. */
function underOf(entity: string, via: number, ids: readonly number[]): Under | undefined {
  const roads = films.entities.flatMap(({ name, inverses }) =>
    [...inverses.values()]
      .filter(inverse => targetOf(films, inverse) === entity)
      .map(inverse => ({ entity: name, relation: inverse.name })),
  )
  const road = roads[via % Math.max(1, roads.length)]
  return road && { ...road, ids: ids.map(id => `${road.entity.toLowerCase()}_${id}`) }
}

function inMemory({ rows, edges }: Fixture, log: string, tenant: string): Snapshot {
  const store = createRowStore(films)
  for (const [entity, list] of Object.entries(rows)) for (const row of list) store.putRow(entity, row)
  for (const [relation, pairs] of Object.entries(edges)) {
    for (const [from, to] of pairs) store.putEdge(relation, from, to)
  }
  const source = () => ({ seq: 0, rows: store.snapshot() })
  return memoryReader({ catalog: films, log, source }).open({ tenant, principal: ANONYMOUS })
}

const AT = hlcOf({ ms: 1, counter: 0, replica: 1n })

/** Writes a fixture as a writer would. */
async function fill(storage: Storage, tenant: string, { rows, edges }: Fixture): Promise<void> {
  const instances: Writes['instances'][number][] = []
  for (const [entity, list] of Object.entries(rows)) {
    const { ir } = films.entity(entity)
    for (const row of list) {
      const cells = Object.fromEntries(ir.fields.map(field => [field.number, cellOf(field, row[field.name] ?? null)]))
      instances.push({ entity: ir.number, key: row.id, seq: 0, instance: { born: AT, dead: null, cells } })
    }
  }
  const edge: Instance = { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [AT]: 1 } } } }
  for (const [relation, pairs] of Object.entries(edges)) {
    const entity = films.relation(relation).number
    for (const [from, to] of pairs) instances.push({ entity, key: `${from}|${to}`, seq: 0, instance: edge })
  }
  const head = { seq: 0, hlc: null }
  await storage.batch([tenant], { wait: true }, batch =>
    batch.save(tenant, { head, entries: [], instances, claims: [], verdicts: [] }),
  )
}

function cellOf({ crdt }: FieldIR, value: Json): Cell {
  if (crdt === 'counter') return { kind: 'counter', sum: String(value) }
  if (crdt === 'register') return { kind: 'register', at: AT, value }
  const elements = isList(value) ? value.map(one => [canonical(one), { [AT]: 1 }]) : []
  return { kind: 'set', elements: Object.fromEntries(elements) }
}

import { hlcOf } from '@zg/core/change/clock'
import { edgeKey } from '@zg/core/change/id'
import type { Cell, Instance } from '@zg/core/change/instance'
import type { FieldIR } from '@zg/core/ir/ir'
import { canonical, isList, type Json } from '@zg/core/json'
import { chanceOf } from '@zg/core/ports/reader.suite'
import type { ReaderHarness } from '@zg/core/ports/reading.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Storage, Writes } from '@zg/core/ports/storage'
import { type Fixture, films } from '@zg/core/query/films.suite'
import { migrate } from './migrate.ts'
import { sqlReader } from './reader.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'

/** How many random queries, and as many aggregates, are held against those in memory: `ZG_PARITY=100000` on demand. */
export const PARITY = chanceOf(Number(process.env.ZG_PARITY ?? 1_600))

/** A SQL reader whose rows came in as a writer's do: through the storage, each load into a tenant of its own. */
export async function sqlHarness(database: Database): Promise<ReaderHarness> {
  await migrate(database, films.model)
  const storage = await sqlStorage(database, films)
  const reader = sqlReader(database, films, storage.log)
  let tenants = 0
  return {
    load: async fixture => {
      const tenant = `r${++tenants}`
      await fill(storage, tenant, fixture)
      return { reader, scope: { tenant, principal: ANONYMOUS } }
    },
  }
}

const AT = hlcOf({ ms: 1, counter: 0, replica: 1n })

async function fill(storage: Storage, tenant: string, { rows, edges }: Fixture): Promise<void> {
  const instances: Writes['instances'][number][] = []
  for (const [entity, list] of Object.entries(rows)) {
    const { ir } = films.entity(entity)
    for (const row of list) {
      const cells = Object.fromEntries(
        ir.fields.map(field => [field.number, cellOf(field, row[field.name] ?? null)]),
      )
      instances.push({ entity: ir.number, key: row.id, seq: 0, instance: { born: AT, dead: null, cells } })
    }
  }
  const edge: Instance = { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [AT]: 1 } } } }
  for (const [relation, pairs] of Object.entries(edges)) {
    const entity = films.relation(relation).number
    for (const [from, to] of pairs) instances.push({ entity, key: edgeKey(from, to), seq: 0, instance: edge })
  }
  const head = { seq: 0, hlc: null }
  await storage.batch([tenant], { wait: true }, batch =>
    batch.save(tenant, { head, entries: [], instances, claims: [], verdicts: [] }),
  )
}

function cellOf({ crdt }: FieldIR, value: Json): Cell {
  if (crdt === 'counter') return { kind: 'counter', sum: String(value) }
  if (crdt === 'register') return { kind: 'register', at: AT, value }
  if (crdt === 'json') return { kind: 'json', paths: value === null ? {} : { '': { at: AT, value } } }
  const elements = isList(value) ? value.map(one => [canonical(one), { [AT]: 1 }]) : []
  return { kind: 'set', elements: Object.fromEntries(elements) }
}

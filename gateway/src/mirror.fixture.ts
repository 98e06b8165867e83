import { memoryReader } from '@zg/core/memory/reader'
import { createRowStore } from '@zg/core/memory/rows'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import type { Query } from '@zg/core/query/query'
import type { Store } from '@zg/store/store'
import { parse } from 'graphql'
import { expect } from 'vitest'
import { storeApi } from './store-api.ts'

export type Answer = { readonly [field: string]: unknown }

/** The API over a store, every query of which must be answered the same over the same rows in memory. */
export function mirrored(store: Store): (text: string, variables?: object) => Promise<Answer> {
  const run = async (served: Store, text: string, variables: object): Promise<Answer> => {
    const result = await storeApi(served).execute({
      document: parse(text),
      variableValues: { ...variables },
      signal: AbortSignal.timeout(10_000),
    })
    if (result.errors) throw result.errors[0]
    return JSON.parse(JSON.stringify(result.data)) as Answer
  }
  return async (text, variables = {}) => {
    const answer = await run(store, text, variables)
    if (!text.trimStart().startsWith('mutation')) {
      const memory = await run({ ...store, reader: await copyOf(store) }, text, variables)
      expect(memory, 'the same answer from memory').toEqual(answer)
    }
    return answer
  }
}

/** All rows and edges of a store, behind a reader in memory. */
async function copyOf({ catalog, reader }: Store) {
  const rows = createRowStore(catalog)
  const snapshot = reader.open({ tenant: MAIN, principal: ANONYMOUS })
  const order = [{ path: ['id'], direction: 'asc' }] as const
  const read = async (query: Omit<Query, 'order'>) => await snapshot.pages({ ...query, order })
  for (const { name, ir } of catalog.entities) {
    const fields = ir.fields.map(field => field.name)
    for (const row of (await read({ entity: name, fields }))[0] ?? []) rows.putRow(name, row)
  }
  for (const { name, from, to } of catalog.model.relations) {
    const end = catalog
      .entity(from)
      .ir.inverses.find(one => one.kind === 'edges' && one.relation === name && one.end === 'from')
    const ids = ((await read({ entity: from, fields: [] }))[0] ?? []).map(({ id }) => id)
    if (!end || !ids.length) continue
    const pages = await read({ entity: to, fields: [], under: { entity: from, relation: end.name, ids } })
    pages.forEach((page, i) => {
      for (const { id } of page) rows.putEdge(name, ids[i] ?? '', id)
    })
  }
  await snapshot.close()
  const source = () => ({ seq: 0, rows: rows.snapshot() })
  return memoryReader({ catalog, log: 'copy', source })
}

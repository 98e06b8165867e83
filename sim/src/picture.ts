import { type Catalog, type Reader, type Row, type Scope, stateOf } from '@zg/core'
import type { Picture } from './history.ts'

const BY_ID = [{ path: ['id'], direction: 'asc' }] as const

/** Everything of a tenant, as a reader shows it; of one entity only, if named. */
export function takePicture(catalog: Catalog, reader: Reader, scope: Scope, only?: string): Picture {
  const snapshot = reader.open(scope)
  const pages = (query: Parameters<typeof snapshot.pages>[0]): readonly (readonly Row[])[] => {
    const answer = snapshot.pages(query)
    // Over rows in memory a reader answers at once; a promise here would make it two moments.
    if (answer instanceof Promise) throw new Error('The reader answered with a promise')
    return answer
  }
  const entities = catalog.entities.filter(({ name }) => only === undefined || name === only)
  const rows: { [entity: string]: readonly Row[] } = {}
  for (const { name, ir } of entities) {
    const fields = ir.fields.flatMap(field =>
      field.crdt === 'text' ? [field.name, stateOf(field.name)] : [field.name],
    )
    rows[name] = pages({ entity: name, fields, order: BY_ID })[0] ?? []
  }
  const edges: { [relation: string]: readonly string[] } = {}
  for (const { name, inverses } of entities) {
    for (const inverse of inverses.values()) {
      if (inverse.kind !== 'edges' || inverse.end !== 'from') continue
      const { relation } = inverse
      const { to } = catalog.relation(relation)
      const ids = (rows[name] ?? []).map(({ id }) => id)
      const under = { entity: name, relation: inverse.name, ids }
      const found = pages({ entity: to, fields: [], order: BY_ID, under })
      edges[relation] = found.flatMap((page, i) => page.map(({ id }) => `${ids[i]}|${id}`)).sort()
    }
  }
  const position = snapshot.position()
  snapshot.close()
  if (position instanceof Promise) throw new Error('The reader answered with a promise')
  return { position, rows, edges }
}

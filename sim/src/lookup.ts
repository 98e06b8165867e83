import type { Catalog, predicate, Row } from '@zg/core'
import { liveEdges, rowsOf, type State } from './replay.ts'

type Lookup = Parameters<ReturnType<typeof predicate>>[1]

/** What is at the other end of a relation, as things stood then. O(rows): histories have few. */
export function lookupIn(catalog: Catalog, state: State): Lookup {
  const row = (entity: string, id: string): Row | null => state.rows.get(entity)?.get(id) ?? null
  return {
    row,
    related: (entity, relation, id) => {
      const inverse = catalog.entity(entity).inverses.get(relation)
      if (!inverse) throw new Error(`${entity} has no relation ${relation}`)
      if (inverse.kind !== 'edges') {
        return rowsOf(state, inverse.from).filter(other => other[inverse.via] === id)
      }
      const { from, to } = catalog.relation(inverse.relation)
      const [own, far, other] = inverse.end === 'from' ? [0, 1, to] : [1, 0, from]
      return liveEdges(catalog, state, inverse.relation)
        .map(edge => edge.split('|'))
        .flatMap(ends => (ends[own] === id ? (row(other, ends[far] ?? '') ?? []) : []))
    },
  }
}

import type { MaybePromise } from '@zg/core/ports/scope'
import type { AggregateQuery, Measure } from '@zg/core/query/aggregate'
import { LIST_LIMIT } from '@zg/core/query/check'
import { type Columns, type Lists, merged, mergedLists } from '@zg/core/query/columns'
import type { Query } from '@zg/core/query/query'
import { type Totals, totalsOf } from '../execute/loads.ts'
import { chain, together } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'

/** Lists to page through, all at once: one per parent, or the only one there is. */
export interface ListSource {
  rows(query: Omit<Query, 'under'>): MaybePromise<Lists>
  totals(query: Omit<AggregateQuery, 'under'>): MaybePromise<readonly Totals[]>
}

/** All rows of an entity. */
export function wholeList(operation: Operation): ListSource {
  return {
    rows: query => operation.lists(query),
    totals: query => chain(operation.aggregates(query), groups => each(query.measures, groups)),
  }
}

/** What hangs below these rows, which are distinct. */
export function lists(
  operation: Operation,
  { entity, relation }: { readonly entity: string; readonly relation: string },
  ids: readonly string[],
): ListSource {
  const parts = chunks(ids)
  return {
    rows: query =>
      chain(
        together(
          parts.map(part => () => operation.lists({ ...query, under: { entity, relation, ids: part } })),
        ),
        mergedLists,
      ),
    totals: query =>
      chain(
        together(
          parts.map(part => () => operation.aggregates({ ...query, under: { entity, relation, ids: part } })),
        ),
        found => each(query.measures, found.flat()),
      ),
  }
}

function each(measures: readonly Measure[], groups: Awaited<ReturnType<Operation['aggregates']>>) {
  return groups.map(list => totalsOf(measures, list))
}

/** The rows there are, each once. */
export function rowsById(
  operation: Operation,
  entity: string,
  fields: readonly string[],
  ids: readonly string[],
): MaybePromise<Columns> {
  return chain(together(chunks(ids).map(part => () => operation.found(entity, fields, part))), merged)
}

/** A statement takes so many ids at once. */
function chunks(ids: readonly string[]): readonly (readonly string[])[] {
  if (ids.length <= LIST_LIMIT) return [ids]
  return Array.from({ length: Math.ceil(ids.length / LIST_LIMIT) }, (_, i) =>
    ids.slice(i * LIST_LIMIT, (i + 1) * LIST_LIMIT),
  )
}

import type { Json } from '@zg/core/json'
import type { Snapshot } from '@zg/core/ports/reader'
import type { MaybePromise } from '@zg/core/ports/scope'
import { type AggregateQuery, type Group, type Measure, measureKey } from '@zg/core/query/aggregate'
import type { Query, Row } from '@zg/core/query/query'
import { type KeyedRead, keyedQuery } from './keyed.ts'
import { chain } from './maybe.ts'

/**
 * How resolvers read one row or one parent's related rows. At the gateway `batchedLoads` gathers the reads of a
 * level into one statement; over a replica, which answers at once, `directLoads` asks straight away.
 */
export interface Loads {
  row(entity: string, fields: readonly string[], id: string): MaybePromise<Row | null>
  related(read: RelatedRead, fields: readonly string[], parent: string): MaybePromise<readonly Row[]>
  /** The row that holds these values of a unique key. */
  keyed(read: KeyedRead, fields: readonly string[]): MaybePromise<Row | null>
  totals(read: RelatedTotals, measures: readonly Measure[], parent: string): MaybePromise<Totals>
}

/** Measures by their `measureKey`. */
export type Totals = { readonly [measure: string]: Json }

/** Numbers about the rows along `entity.relation`, the same for every parent. */
export interface RelatedTotals {
  readonly entity: string
  readonly relation: string
  /** Without `measures` and `under`. */
  readonly query: Pick<AggregateQuery, 'entity' | 'where' | 'search'>
  /** Equal for equal lists, in whatever order they come. */
  readonly key: string
}

/** The values of the only group of a list. */
export function totalsOf(measures: readonly Measure[], [group]: readonly Group[]): Totals {
  return Object.fromEntries(measures.map((measure, i) => [measureKey(measure), group?.values[i] ?? null]))
}

/** A read along `entity.relation`, the same for every parent. */
export interface RelatedRead {
  readonly entity: string
  readonly relation: string
  /** Without `fields` and `under`: those vary from parent to parent or level to level. */
  readonly query: Omit<Query, 'fields' | 'under'>
  /** Equal for equal reads, whatever alias they stand under. */
  readonly key: string
}

export type LoadStrategy = (snapshot: Snapshot) => Loads

/** No batching, no waiting. */
export function directLoads(snapshot: Snapshot): Loads {
  return {
    row: (entity, fields, id) => chain(snapshot.rows(entity, fields, [id]), ([row]) => row ?? null),
    keyed: ({ entity, on, values }, fields) =>
      chain(snapshot.pages({ ...keyedQuery(entity, on, [values]), fields }), ([rows]) => rows?.[0] ?? null),
    related: ({ entity, relation, query }, fields, parent) =>
      chain(
        snapshot.pages({ ...query, fields, under: { entity, relation, ids: [parent] } }),
        ([rows]) => rows ?? [],
      ),
    totals: ({ entity, relation, query }, measures, parent) =>
      chain(
        snapshot.aggregates({ ...query, measures, under: { entity, relation, ids: [parent] } }),
        ([groups]) => totalsOf(measures, groups ?? []),
      ),
  }
}

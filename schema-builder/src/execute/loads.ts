import type { Snapshot } from '@zg/core/ports/reader'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Query, Row } from '@zg/core/query/query'
import { chain } from './maybe.ts'

/**
 * How resolvers read one row or one parent's related rows. At the gateway `batchedLoads` gathers the reads of a
 * level into one statement; over a replica, which answers at once, `directLoads` asks straight away.
 */
export interface Loads {
  row(entity: string, fields: readonly string[], id: string): MaybePromise<Row | null>
  related(read: RelatedRead, fields: readonly string[], parent: string): MaybePromise<readonly Row[]>
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
    related: ({ entity, relation, query }, fields, parent) =>
      chain(
        snapshot.pages({ ...query, fields, under: { entity, relation, ids: [parent] } }),
        ([rows]) => rows ?? [],
      ),
  }
}

import type { Snapshot } from '@zg/core/ports/reader'
import { LIST_LIMIT } from '@zg/core/query/check'
import type { Row } from '@zg/core/query/query'
import DataLoader from 'dataloader'
import type { Loads, RelatedRead } from './loads.ts'

interface Wanted {
  readonly id: string
  readonly fields: readonly string[]
}

/**
 * Gathers what the resolvers of one level ask for: one statement per entity for to-one rows, one per relation and
 * arguments for connections, however many parents and aliases, with the union of the columns they want.
 */
export function batchedLoads(snapshot: Snapshot): Loads {
  const rows = new Map<string, DataLoader<Wanted, Row | null, string>>()
  const related = new Map<string, DataLoader<Wanted, readonly Row[], string>>()
  return {
    row: (entity, fields, id) =>
      loader(rows, entity, async wanted => {
        const ids = distinct(wanted)
        return answers(wanted, ids, await snapshot.rows(entity, columns(wanted), ids), null)
      }).load({ id, fields }),
    related: (read, fields, parent) =>
      loader(related, read.key, async wanted => {
        const ids = distinct(wanted)
        return answers(wanted, ids, await pages(snapshot, read, columns(wanted), ids), [])
      }).load({ id: parent, fields }),
  }
}

type Batch<T> = (wanted: readonly Wanted[]) => Promise<readonly T[]>

function loader<T>(loaders: Map<string, DataLoader<Wanted, T, string>>, key: string, batch: Batch<T>) {
  const present = loaders.get(key)
  if (present) return present
  const made = new DataLoader<Wanted, T, string>(batch, {
    cacheKeyFn: ({ id, fields }) => `${id} ${fields.join(' ')}`,
    maxBatchSize: LIST_LIMIT,
  })
  loaders.set(key, made)
  return made
}

function pages(
  snapshot: Snapshot,
  { entity, relation, query }: RelatedRead,
  fields: string[],
  ids: string[],
) {
  return snapshot.pages({ ...query, fields, under: { entity, relation, ids } })
}

function distinct(wanted: readonly Wanted[]): string[] {
  return [...new Set(wanted.map(({ id }) => id))]
}

function columns(wanted: readonly Wanted[]): string[] {
  return [...new Set(wanted.flatMap(({ fields }) => fields))].sort()
}

/** Rows come back per distinct id; every load gets its own. */
function answers<T>(wanted: readonly Wanted[], ids: readonly string[], found: readonly T[], missing: T): T[] {
  const byId = new Map(ids.map((id, i) => [id, found[i]]))
  return wanted.map(({ id }) => byId.get(id) ?? missing)
}

import { canonical } from '@zg/core/json'
import type { Snapshot } from '@zg/core/ports/reader'
import { measureKey, measureOf } from '@zg/core/query/aggregate'
import { LIST_LIMIT } from '@zg/core/query/check'
import type { Row } from '@zg/core/query/query'
import DataLoader from 'dataloader'
import { type KeyedRead, keyedLimit, keyedQuery } from './keyed.ts'
import { type Loads, type RelatedRead, type RelatedTotals, type Totals, totalsOf } from './loads.ts'

interface Wanted {
  readonly id: string
  /** Of totals: the keys of their measures. */
  readonly fields: readonly string[]
}

/**
 * Gathers what the resolvers of one level ask for: one statement per entity for to-one rows, one per relation and
 * arguments for connections, however many parents and aliases, with the union of the columns they want.
 */
export function batchedLoads(snapshot: Snapshot): Loads {
  const rows = new Map<string, DataLoader<Wanted, Row | null, string>>()
  const related = new Map<string, DataLoader<Wanted, readonly Row[], string>>()
  const totals = new Map<string, DataLoader<Wanted, Totals, string>>()
  const keyed = new Map<string, DataLoader<WantedKey, Row | null, string>>()
  return {
    keyed: (read, fields) => keyedLoader(keyed, snapshot, read).load({ values: read.values, fields }),
    totals: (read, measures, parent) =>
      loader(totals, read.key, async wanted => {
        const ids = distinct(wanted)
        return answers(wanted, ids, await aggregates(snapshot, read, columns(wanted), ids), {})
      }).load({ id: parent, fields: measures.map(measureKey) }),
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

interface WantedKey {
  readonly values: KeyedRead['values']
  readonly fields: readonly string[]
}

function keyedLoader(
  loaders: Map<string, DataLoader<WantedKey, Row | null, string>>,
  snapshot: Snapshot,
  { entity, on }: KeyedRead,
) {
  const name = `${entity} ${on.join(' ')}`
  const present = loaders.get(name)
  if (present) return present
  const made = new DataLoader<WantedKey, Row | null, string>(
    async wanted => {
      const lists = [...new Map(wanted.map(({ values }) => [canonical(values), values])).values()]
      const fields = [...new Set([...on, ...wanted.flatMap(one => one.fields)])].sort()
      const [rows = []] = await snapshot.pages({ ...keyedQuery(entity, on, lists), fields })
      // Should two rows hold the same values until somebody sorts them out, the first stands.
      const found = new Map(
        rows.toReversed().map(row => [canonical(on.map(field => row[field] ?? null)), row]),
      )
      return wanted.map(({ values }) => found.get(canonical(values)) ?? null)
    },
    {
      cacheKeyFn: ({ values, fields }) => `${canonical(values)} ${fields.join(' ')}`,
      maxBatchSize: keyedLimit(on),
    },
  )
  loaders.set(name, made)
  return made
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

async function aggregates(
  snapshot: Snapshot,
  { entity, relation, query }: RelatedTotals,
  keys: readonly string[],
  ids: string[],
): Promise<readonly Totals[]> {
  const measures = keys.map(measureOf)
  const lists = await snapshot.aggregates({ ...query, measures, under: { entity, relation, ids } })
  return lists.map(groups => totalsOf(measures, groups))
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

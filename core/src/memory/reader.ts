import type { Catalog } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import type { Reader } from '../ports/reader.ts'
import { predicate } from '../query/evaluate.ts'
import { sorter } from '../query/order.ts'
import type { Query, Row } from '../query/query.ts'
import type { RowSource } from './rows.ts'

export interface MemoryReaderOptions {
  readonly catalog: Catalog
  /** The id of the log whose positions are answered. */
  readonly log: string
  /** A tenant's rows as they are now, and the `seq` they are at; asked for once per snapshot, at its first read. */
  readonly source: (tenant: string) => { readonly seq: number; readonly rows: RowSource }
}

/** A Reader over rows in memory, by the evaluator. Answers at once, never with a promise. */
export function memoryReader({ catalog, log, source }: MemoryReaderOptions): Reader {
  return {
    open: ({ tenant }) => {
      let state: ReturnType<typeof source> | undefined
      let closed = false
      const opened = () => {
        if (closed) throw new Error('This snapshot is closed; open another one')
        state ??= source(tenant)
        return state
      }
      return {
        position: () => ({ log, seqs: { [tenant]: opened().seq } }),
        pages: query => pages(catalog, opened().rows, query),
        rows: (entity, fields, ids) => {
          const { rows } = opened()
          return ids.map(id => {
            const row = rows.row(entity, id)
            return row && pick(row, fields)
          })
        },
        close: () => {
          closed = true
          state = undefined
        },
      }
    },
  }
}

/** O(candidates log candidates): all rows of the entity, or those under each parent. */
function pages(catalog: Catalog, source: RowSource, query: Query): readonly (readonly Row[])[] {
  const page = pager(catalog, source, query)
  const { under } = query
  if (!under) return [page(source.rows(query.entity))]
  return under.ids.map(id => page(source.related(under.entity, under.relation, id)))
}

function pager(catalog: Catalog, source: RowSource, { entity, fields, where, order, limit, after }: Query) {
  const holds = where && predicate(catalog, entity, where)
  const { key, compare } = sorter(catalog, entity, order)
  return (candidates: Iterable<Row>): readonly Row[] => {
    const found: { readonly row: Row; readonly key: readonly Json[] }[] = []
    for (const row of candidates) {
      if (holds && !holds(row, source)) continue
      const place = key(row, source)
      if (after && compare(place, after) <= 0) continue
      found.push({ row, key: place })
    }
    found.sort((a, b) => compare(a.key, b.key))
    return found.slice(0, limit).map(({ row }) => pick(row, fields))
  }
}

function pick(row: Row, fields: readonly string[]): Row {
  const picked: { id: string; [field: string]: Json } = { id: row.id }
  for (const field of fields) picked[field] = row[field] ?? null
  return picked
}

import type { Catalog } from '../ir/catalog.ts'
import { searchedFields } from '../ir/fulltext.ts'
import type { Json } from '../json.ts'
import type { Reader } from '../ports/reader.ts'
import { columnsOf, listsOf } from '../query/columns.ts'
import { predicate } from '../query/evaluate.ts'
import { aggregates } from '../query/measure.ts'
import { sorter } from '../query/order.ts'
import { KEY, type Query, type Row } from '../query/query.ts'
import { searcher } from '../query/search.ts'
import { computedReads } from '../query/value.ts'
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
          const pick = picker(catalog, entity, fields, rows)
          return ids.map(id => {
            const row = rows.row(entity, id)
            return row && pick(row)
          })
        },
        lists: query =>
          listsOf(query.fields, pages(catalog, opened().rows, query), query.keyed ? query.order.length : 0),
        found: (entity, fields, ids) => {
          const { rows } = opened()
          const pick = picker(catalog, entity, fields, rows)
          const found = [...new Set(ids)].flatMap(id => rows.row(entity, id) ?? [])
          return columnsOf(fields, found.map(pick))
        },
        aggregates: query => aggregates(catalog, opened().rows, query),
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

function pager(catalog: Catalog, source: RowSource, query: Query) {
  const { entity, fields, where, search, order, limit, reverse, after, before, inclusive, keyed } = query
  const holds = where && predicate(catalog, entity, where)
  const found = search === undefined ? null : searcher(searchedFields(catalog.entity(entity).ir), search)
  const { key, compare } = sorter(catalog, entity, order, found?.rank)
  const pick = picker(catalog, entity, fields, source)
  // What compares as 0 is the row that the cursor names.
  const least = inclusive ? -1 : 0
  return (candidates: Iterable<Row>): readonly Row[] => {
    const kept: { readonly row: Row; readonly key: readonly Json[] }[] = []
    for (const row of candidates) {
      if (holds && !holds(row, source)) continue
      if (found && !found.matches(row)) continue
      const place = key(row, source)
      if (after && Math.sign(compare(place, after)) <= least) continue
      if (before && Math.sign(compare(before, place)) <= least) continue
      kept.push({ row, key: place })
    }
    kept.sort((a, b) => compare(a.key, b.key))
    const from = reverse && limit !== undefined ? Math.max(0, kept.length - limit) : 0
    const page = kept.slice(from, limit === undefined ? undefined : from + limit)
    return page.map(({ row, key: place }) => (keyed ? { ...pick(row), [KEY]: place } : pick(row)))
  }
}

function picker(catalog: Catalog, entity: string, fields: readonly string[], lookup: RowSource) {
  const computed = computedReads(catalog, entity, fields)
  return (row: Row): Row => {
    const picked: { id: string; [field: string]: Json } = { id: row.id }
    for (const field of fields) picked[field] = row[field] ?? null
    for (const [field, read] of computed) picked[field] = read(row, lookup)
    return picked
  }
}

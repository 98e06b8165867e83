import { edgeKey, parseEdgeKey } from '../change/id.ts'
import { NOTHING } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import type { Catalog } from '../ir/catalog.ts'
import type { View } from '../ports/storage.ts'
import { predicate } from '../query/evaluate.ts'
import { compareText } from '../query/scalar.ts'
import { instancesAt, readLog, textAt } from './log.ts'
import type { Ledger } from './projection.ts'
import type { RowSource } from './rows.ts'

/** A View of a tenant in memory: `rows` are those at `head`; its log and instances may move on. */
export function memoryView(catalog: Catalog, state: Ledger, head: number, rows: RowSource): View {
  const read: View['read'] = async (after, limit) => {
    if (after >= head) return { entries: [], seq: after, head, images: new Map() }
    return { ...readLog(state, after, Math.min(limit, head - after)), head }
  }

  const instances: View['instances'] = async (addresses, at) => instancesAt(state, addresses, at)

  /** Those at the head, and those that were touched since: they may have been there then. */
  const edges: View['edges'] = async (relation, end, ids, at) => {
    const { name } = catalog.relationByNumber(relation) ?? { name: '' }
    const wanted = new Set(ids)
    const keys = new Set<string>()
    for (const id of wanted) {
      for (const other of rows.ends(name, end, id)) {
        keys.add(end === 'from' ? edgeKey(id, other) : edgeKey(other, id))
      }
    }
    for (const { change } of state.entries.slice(at)) {
      const ends = change.entity === relation && parseEdgeKey(change.key)
      if (ends && wanted.has(ends[end])) keys.add(change.key)
    }
    const images = await instances(
      [...keys].map(key => ({ entity: relation, key })),
      at,
    )
    return [...keys].filter((_, i) => visible(images[i] ?? NOTHING))
  }

  return {
    head,
    read,
    instances,
    edges,
    ids: async (entity, where, { after, limit }) => {
      const holds = predicate(catalog, entity, where)
      const found: string[] = []
      for (const row of rows.rows(entity)) {
        if ((after === null || compareText(row.id, after) > 0) && holds(row, rows)) found.push(row.id)
      }
      return found.sort(compareText).slice(0, limit)
    },
    fitting: async (entity, ids, bytes) => {
      let size = 0
      const over = ids.findIndex(id => {
        size += JSON.stringify(rows.row(entity, id)).length
        return size > bytes
      })
      return over < 0 ? ids.length : Math.max(1, over)
    },
    texts: async requests =>
      requests.map(request => textAt(state.entries, { ...request, at: request.at ?? head })),
  }
}

import type { Catalog } from '@zg/core/ir/catalog'
import type { Json } from '@zg/core/json'
import type { Position } from '@zg/core/ports/position'
import type { Reader, Snapshot } from '@zg/core/ports/reader'
import type { Row } from '@zg/core/query/query'
import { fromColumn } from './column.ts'
import { type Select, select, selectRows } from './compile/select.ts'
import type { Database, Session, SqlRow } from './session.ts'
import { type Layout, layout } from './tables/layout.ts'

/** The reader port in SQL, over the projections of `catalog`'s model. `log` is the storage's. */
export function sqlReader(database: Database, { model }: Catalog, log: string): Reader {
  const tables = layout(model)
  return { open: ({ tenant }) => createSnapshot(database, tables, log, tenant) }
}

function createSnapshot(database: Database, tables: Layout, log: string, tenant: string): Snapshot {
  const hold = holdTransaction(database)
  const run = async ({ text, values }: Select) =>
    (await hold.session()).query<SqlRow & { id: string }>(text, values)
  let position: Promise<Position> | undefined

  const readPosition = async (): Promise<Position> => {
    const session = await hold.session()
    const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
    return { log, seqs: { [tenant]: Number(heads[0]?.seq ?? 0) } }
  }

  return {
    async position() {
      await hold.session()
      position ??= readPosition()
      return position
    },
    async pages(query) {
      if (query.under?.ids.length === 0) return []
      const statement = select(tables, tenant, query)
      const found = await run(statement)
      if (!query.under) return [found.map(row => rowOf(statement, row))]
      const pages: Row[][] = query.under.ids.map(() => [])
      for (const row of found) pages[Number(row.n) - 1]?.push(rowOf(statement, row))
      return pages
    },
    async rows(entity, fields, ids) {
      if (!ids.length) return []
      const statement = selectRows(tables, tenant, entity, fields, ids)
      const found = new Map((await run(statement)).map(row => [row.id, rowOf(statement, row)]))
      return ids.map(id => found.get(id) ?? null)
    },
    close: hold.close,
  }
}

function rowOf({ columns }: Select, row: SqlRow & { id: string }): Row {
  const fields: { [field: string]: Json } = {}
  columns.forEach(({ field }, i) => {
    fields[field.name] = fromColumn(field, row[`c${i}`] ?? null)
  })
  return { ...fields, id: row.id }
}

/** A snapshot transaction that begins with the first read and stays open until it is closed. */
function holdTransaction(database: Database): { session(): Promise<Session>; close(): Promise<void> } {
  let opened: Promise<Session> | undefined
  let ended: Promise<unknown> | undefined
  let release: (() => void) | undefined
  let closed = false

  const open = (): Promise<Session> =>
    new Promise((resolve, reject) => {
      const done = new Promise<void>(end => {
        release = end
      })
      // Its end is nobody's to wait for but close's; when it fails before it began, the reads say so.
      ended = database
        .transaction('snapshot', session => {
          resolve(session)
          return done
        })
        .catch(reject)
    })

  return {
    async session() {
      if (closed) throw new Error('The snapshot is closed')
      opened ??= open()
      return opened
    },
    async close() {
      closed = true
      release?.()
      await ended
    },
  }
}

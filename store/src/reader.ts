import type { Catalog } from '@zg/core/ir/catalog'
import type { TypeIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { inlineTextWork } from '@zg/core/memory/textWork'
import type { Position } from '@zg/core/ports/position'
import type { Reader, Snapshot } from '@zg/core/ports/reader'
import type { TextRequest } from '@zg/core/ports/storage'
import type { Group } from '@zg/core/query/aggregate'
import { KEY, type Row } from '@zg/core/query/query'
import { arrayText, fromColumn } from './column.ts'
import { type Aggregation, aggregate } from './compile/aggregate.ts'
import type { Sheet } from './compile/sheet.ts'
import type { Database, Session, SqlRow } from './session.ts'
import { readSheet, type SheetRows } from './sheet.ts'
import { createStatements, type Statement, type Statements } from './statements.ts'
import { type Layout, layout } from './tables/layout.ts'
import { type FieldPlan, planFields, withTexts } from './text/fields.ts'
import { loadTexts } from './text/load.ts'
import { createTexts, type Texts } from './text/texts.ts'

/** The reader port in SQL, over the projections of `catalog`'s model. `log` is the storage's. */
export function sqlReader(
  database: Database,
  { model }: Catalog,
  log: string,
  texts: Texts = createTexts(inlineTextWork()),
  alike: string | null = null,
): Reader {
  const tables = layout(model, alike)
  const known = { tables, statements: createStatements(tables) }
  return { open: ({ tenant }) => createSnapshot(database, known, log, tenant, texts) }
}

interface Known {
  readonly tables: Layout
  readonly statements: Statements
}

function createSnapshot(
  database: Database,
  { tables, statements }: Known,
  log: string,
  tenant: string,
  texts: Texts,
): Snapshot {
  const hold = holdTransaction(database)
  let position: Promise<Position> | undefined

  const readPosition = async (): Promise<Position> => {
    const session = await hold.session()
    const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
    return { log, seqs: { [tenant]: Number(heads[0]?.seq ?? 0) } }
  }

  const read = async (ask: (form: Sheet['form']) => Statement, ids: readonly string[]) => {
    const session = await hold.session()
    const sent = arrayText(ids)
    for (const form of ['plain', 'quoted'] as const) {
      const statement = ask(form)
      const [answer = {}] = await session.query(statement.text, statement.bind(tenant, sent))
      const rows = readSheet(statement, answer)
      if (rows) return { statement, rows }
    }
    throw new Error('JSON holds a separator')
  }

  /** Texts of a read are at the read's own position: one statement more, in the same snapshot. */
  const fill = async (entity: string, plan: FieldPlan, rows: readonly Row[]): Promise<readonly Row[]> => {
    if (!plan.texts.length || !rows.length) return rows
    const session = await hold.session()
    const load = (requests: readonly TextRequest[]) => loadTexts(session, tenant, requests, plan)
    return withTexts({ texts, tenant, at: null, load }, tables.entity(entity).view, plan.texts, rows)
  }

  return {
    async position() {
      await hold.session()
      position ??= readPosition()
      return position
    },
    async pages(query) {
      if (query.under?.ids.length === 0) return []
      const plan = planFields(tables.entity(query.entity).view, query.fields)
      const wanted = { ...query, fields: plan.columns }
      const { statement, rows } = await read(form => statements.pages(wanted, form), query.under?.ids ?? [])
      const shown = await fill(query.entity, plan, rowsOf(statement, rows))
      const pages: Row[][] = query.under ? query.under.ids.map(() => []) : [[]]
      shown.forEach((row, i) => {
        pages[(rows.parents[i] ?? 1) - 1]?.push(row)
      })
      if (statement.reversed) for (const page of pages) page.reverse()
      return pages
    },
    async rows(entity, fields, ids) {
      if (!ids.length) return []
      const plan = planFields(tables.entity(entity).view, fields)
      const { statement, rows } = await read(form => statements.rows(entity, plan.columns, form), ids)
      const shown = await fill(entity, plan, rowsOf(statement, rows))
      const found = new Map(shown.map(row => [row.id, row]))
      return ids.map(id => found.get(id) ?? null)
    },
    async aggregates(query) {
      if (query.under?.ids.length === 0) return []
      const statement = aggregate(tables, tenant, query)
      const lists: Group[][] = query.under ? query.under.ids.map(() => []) : [[]]
      for (const row of await (await hold.session()).query(statement.text, statement.values)) {
        lists[query.under ? Number(row.n) - 1 : 0]?.push(groupOf(statement, row))
      }
      return lists
    },
    close: hold.close,
  }
}

/** The columns as objects, one per row. */
function rowsOf({ columns, keys }: Sheet, { ids, values, keys: found }: SheetRows): readonly Row[] {
  return ids.map((id, i) => {
    const row: { id: string; [field: string]: Json } = { id }
    columns.forEach(({ name }, c) => {
      row[name] = values[c]?.[i] ?? null
    })
    if (keys.length) row[KEY] = found.map(column => column[i] ?? null)
    return row
  })
}

function groupOf({ keys, types }: Aggregation, row: SqlRow): Group {
  return {
    keys: keys.map((field, i) => fromColumn(field, row[`k${i}`] ?? null)),
    values: types.map((type, i) => measureValue(type, row[`m${i}`] ?? null)),
  }
}

/** Measures come as text: most drivers would make numbers of some and not of others. */
function measureValue(type: TypeIR, text: Json): Json {
  const isNumber = type.kind === 'scalar' && (type.scalar === 'int' || type.scalar === 'float')
  if (text !== null && isNumber) return Number(text)
  return fromColumn({ type, crdt: 'register' }, text)
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

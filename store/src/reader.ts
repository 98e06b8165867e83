import type { Catalog } from '@zg/core/ir/catalog'
import type { TypeIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { inlineTextWork } from '@zg/core/memory/textWork'
import type { Position } from '@zg/core/ports/position'
import type { Reader, Snapshot } from '@zg/core/ports/reader'
import type { TextRequest } from '@zg/core/ports/storage'
import type { Group } from '@zg/core/query/aggregate'
import { type Columns, type Lists, rowsOf } from '@zg/core/query/columns'
import type { Query, Row } from '@zg/core/query/query'
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
  return {
    open: ({ tenant }, { single = false, shared = false } = {}) =>
      createSnapshot(database, known, { log, tenant, texts, single, shared }),
  }
}

interface Known {
  readonly tables: Layout
  readonly statements: Statements
}

function createSnapshot(
  database: Database,
  { tables, statements }: Known,
  { log, tenant, texts, single, shared }: Opened,
): Snapshot {
  const hold = holdTransaction(database, shared)
  let position: Promise<Position> | undefined

  const readPosition = async (): Promise<Position> => {
    const session = await hold.session()
    const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
    return { log, seqs: { [tenant]: Number(heads[0]?.seq ?? 0) } }
  }

  /**
   * One read, whatever it takes. Texts are at the read's own position: one statement more, in the same snapshot, so
   * that only a single read without any can do without one.
   */
  const read = async (
    entity: string,
    fields: readonly string[],
    ids: readonly string[],
    ask: (columns: readonly string[], form: Sheet['form']) => Statement,
  ): Promise<{ readonly columns: Columns; readonly statement: Statement; readonly rows: SheetRows }> => {
    const plan = planFields(tables.entity(entity).view, fields)
    const session = single && !plan.texts.length ? hold.alone() : await hold.session()
    const sent = arrayText(ids)
    for (const form of ['plain', 'quoted'] as const) {
      const statement = ask(plan.columns, form)
      const [answer = {}] = await session.query(statement.text, statement.bind(tenant, sent))
      const rows = readSheet(statement, answer)
      if (!rows) continue
      const texts = await textsOf(session, entity, plan, rows.ids)
      const byName = new Map(statement.columns.map(({ name }, i) => [name, rows.values[i]]))
      const values = fields.map(
        field => byName.get(field) ?? (field === 'id' ? rows.ids : texts.map(row => row[field] ?? null)),
      )
      return { columns: { fields, ids: rows.ids, values, keys: rows.keys }, statement, rows }
    }
    throw new Error('JSON holds a separator')
  }

  const textsOf = async (session: Session, entity: string, plan: FieldPlan, ids: readonly string[]) => {
    const rows = ids.map(id => ({ id }))
    if (!plan.texts.length || !ids.length) return rows as readonly Row[]
    const load = (requests: readonly TextRequest[]) => loadTexts(session, tenant, requests, plan)
    return withTexts({ texts, tenant, at: null, load }, tables.entity(entity).view, plan.texts, rows)
  }

  const lists = async (query: Query): Promise<Lists> => {
    const { under } = query
    if (under?.ids.length === 0) return { columns: nothing(query.fields), ends: [] }
    const { columns, statement, rows } = await read(
      query.entity,
      query.fields,
      under?.ids ?? [],
      (names, form) => statements.pages({ ...query, fields: names }, form),
    )
    const ends = under ? endsOf(under.ids.length, rows.parents) : [rows.ids.length]
    return statement.reversed ? turned({ columns, ends }) : { columns, ends }
  }

  const found = async (
    entity: string,
    fields: readonly string[],
    ids: readonly string[],
  ): Promise<Columns> => {
    if (!ids.length) return nothing(fields)
    const { columns } = await read(entity, fields, ids, (names, form) => statements.rows(entity, names, form))
    return columns
  }

  return {
    async position() {
      await hold.session()
      position ??= readPosition()
      return position
    },
    lists,
    found,
    async pages(query) {
      const { columns, ends } = await lists(query)
      const rows = rowsOf(columns)
      return ends.map((end, i) => rows.slice(ends[i - 1] ?? 0, end))
    },
    async rows(entity, fields, ids) {
      const byId = new Map(rowsOf(await found(entity, fields, ids)).map(row => [row.id, row]))
      return ids.map(id => byId.get(id) ?? null)
    },
    async aggregates(query) {
      if (query.under?.ids.length === 0) return []
      const statement = aggregate(tables, tenant, query)
      const groups: Group[][] = query.under ? query.under.ids.map(() => []) : [[]]
      const session = single ? hold.alone() : await hold.session()
      for (const row of await session.query(statement.text, statement.values)) {
        groups[query.under ? Number(row.n) - 1 : 0]?.push(groupOf(statement, row))
      }
      return groups
    },
    close: hold.close,
  }
}

interface Opened {
  readonly log: string
  readonly tenant: string
  readonly texts: Texts
  readonly single: boolean
  readonly shared: boolean
}

function nothing(fields: readonly string[]): Columns {
  return { fields, ids: [], values: fields.map(() => []), keys: [] }
}

/** Rows come parent by parent; those without any are not among them. */
function endsOf(lists: number, parents: readonly number[]): readonly number[] {
  const ends: number[] = []
  let at = 0
  for (let list = 1; list <= lists; list++) {
    while (parents[at] === list) at++
    ends.push(at)
  }
  return ends
}

/** Each list from its other end. */
function turned({ columns, ends }: Lists): Lists {
  const from = ends.flatMap((end, i) => {
    const begin = ends[i - 1] ?? 0
    return Array.from({ length: end - begin }, (_, at) => end - 1 - at)
  })
  const turn = <T>(column: readonly T[]): readonly T[] => from.map(at => column[at] as T)
  const { fields, ids, values, keys } = columns
  return { columns: { fields, ids: turn(ids), values: values.map(turn), keys: keys.map(turn) }, ends }
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

interface Hold {
  session(): Promise<Session>
  /** For one statement that needs no transaction. */
  alone(): Session
  close(): Promise<void>
}

/** A snapshot transaction that begins with the first read and stays open until it is closed. */
function holdTransaction(database: Database, shared: boolean): Hold {
  let opened: Promise<Session> | undefined
  let ended: Promise<unknown> | undefined
  let release: (() => void) | undefined
  let closed = false

  const open = (): Promise<Session> =>
    new Promise((resolve, reject) => {
      const done = new Promise<void>(end => {
        release = end
      })
      const work = (session: Session) => {
        resolve(session)
        return done
      }
      const held = shared ? database.share(work, { single: false }) : database.transaction('snapshot', work)
      // Its end is nobody's to wait for but close's; when it fails before it began, the reads say so.
      ended = held.catch(reject)
    })
  const alone: Session['query'] = shared
    ? (text, values) => database.share(session => session.query(text, values), { single: true })
    : database.read

  return {
    async session() {
      if (closed) throw new Error('The snapshot is closed')
      opened ??= open()
      return opened
    },
    alone() {
      if (closed) throw new Error('The snapshot is closed')
      return { query: alone }
    },
    async close() {
      closed = true
      release?.()
      await ended
    },
  }
}

import type { Address } from '@zg/core/act/needs'
import type { Instance } from '@zg/core/change/instance'
import { NOTHING } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { IdPage, View } from '@zg/core/ports/storage'
import type { Expression } from '@zg/core/query/expression'
import { readChunk, sizeOf } from './chunk.ts'
import { readImages } from './images.ts'
import { textArray } from './parameter.ts'
import type { Session } from './session.ts'
import { readSheet } from './sheet.ts'
import type { Statements } from './statements.ts'
import { type Layout, quoted } from './tables/layout.ts'
import { loadTexts } from './text/load.ts'

/** A View in SQL; `session` must be a snapshot. */
export async function sqlView(
  session: Session,
  { tables, statements }: { readonly tables: Layout; readonly statements: Statements },
  tenant: string,
): Promise<View> {
  const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
  const head = Number(heads[0]?.seq ?? 0)

  const instances = (addresses: readonly Address[], at: number): Promise<readonly Instance[]> =>
    readImages(session, tables, tenant, addresses, at < head ? at : null)

  return {
    head,
    read: (after, limit) => readChunk(session, tables, tenant, after, limit),
    instances,
    edges: async (relation, end, ids, at) => {
      const keys = await touchingEdges(session, tables, tenant, { relation, end, ids, at, head })
      const images = await instances(
        keys.map(key => ({ entity: relation, key })),
        at,
      )
      return keys.filter((_, i) => visible(images[i] ?? NOTHING))
    },
    ids: (entity, where, page) => selectIds(session, statements, tenant, { entity, where, page }),
    fitting: (entity, ids, bytes) => countFitting(session, tables, tenant, { entity, ids, bytes }),
    texts: requests => loadTexts(session, tenant, requests),
  }
}

interface EdgeQuestion {
  readonly relation: number
  readonly end: 'from' | 'to'
  readonly ids: readonly string[]
  readonly at: number
  readonly head: number
}

/**
 * Keys of all edges that may have been there: those in the table, those that wait because a row of theirs is dead, and
 * those that the log has touched since. One statement.
 */
async function touchingEdges(
  session: Session,
  tables: Layout,
  tenant: string,
  { relation, end, ids, at, head }: EdgeQuestion,
): Promise<readonly string[]> {
  const table = tables.relations.get(relation)
  if (!table || !ids.length) return []
  const [from, to] = [quoted(table.from), quoted(table.to)]
  // As the indexes of log and waiting say it.
  const half = `strpos(key, '|') > 0 and split_part(key, '|', ${end === 'from' ? 1 : 2}) = any($2::text[])`
  const since =
    at < head
      ? `union select key from zg.log
        where tenant = $1 and entity = $3::int and ${half} and seq > $4::bigint`
      : ''
  const rows = await session.query<{ key: string }>(
    `select ${from} || '|' || ${to} as key from ${table.sql}
      where tenant = $1 and ${end === 'from' ? from : to} = any($2::text[])
    union select key from zg.waiting
      where tenant = $1 and entity = $3::int and ${half}
    ${since}`,
    [tenant, ids, relation, ...(since ? [at] : [])],
  )
  return rows.map(({ key }) => key)
}

async function selectIds(
  session: Session,
  statements: Statements,
  tenant: string,
  { entity, where, page }: { readonly entity: string; readonly where: Expression; readonly page: IdPage },
): Promise<readonly string[]> {
  const { after, limit } = page
  const order = [{ path: ['id'], direction: 'asc' }] as const
  const behind = after === null ? {} : { after: [after] }
  const statement = statements.pages({ entity, fields: [], where, order, limit, ...behind }, 'plain')
  const [answer = {}] = await session.query(statement.text, statement.bind(tenant, '{}'))
  const rows = readSheet(statement, answer)
  if (!rows) throw new Error('No id holds a separator')
  return rows.ids
}

async function countFitting(
  session: Session,
  tables: Layout,
  tenant: string,
  {
    entity,
    ids,
    bytes,
  }: { readonly entity: string; readonly ids: readonly string[]; readonly bytes: number },
): Promise<number> {
  const table = [...tables.entities.values()].find(({ view }) => view.name === entity)
  if (!table || ids.length < 2) return ids.length
  const sizes = ['_state', ...table.columns.map(({ name }) => name)].map(
    name => `coalesce(${sizeOf(quoted(name))}, 0)`,
  )
  const [found] = await session.query<{ fit: number }>(
    `select count(*)::int as fit from (
      select sum(${sizes.join(' + ')}) over (order by place rows unbounded preceding) as bytes
      from unnest($2::text[]) with ordinality as u(given, place) join ${table.sql} on tenant = $1 and id = given
    ) as part where bytes <= $3::bigint`,
    [tenant, textArray(ids), bytes],
  )
  return Math.max(1, found?.fit ?? 0)
}

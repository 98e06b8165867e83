import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { decodeRow, type RowState } from './codec.ts'
import { loadInstances } from './load.ts'
import { textArray } from './parameter.ts'
import { takenBack } from './past.ts'
import type { Session, SqlRow } from './session.ts'
import { type EntityTable, type Layout, quoted } from './tables/layout.ts'

/** Images at a position, null being the head, in the order asked; `session` must be a snapshot. */
export async function readImages(
  session: Session,
  layout: Layout,
  tenant: string,
  addresses: readonly Address[],
  at: number | null,
): Promise<readonly Instance[]> {
  if (!addresses.length) return []
  const current = readCurrent(session, layout, tenant, addresses)
  return at === null ? current : takenBack(session, tenant, at, addresses, current)
}

/** As they are now. Nearly all are rows that live: one look at an index for each. */
async function readCurrent(
  session: Session,
  layout: Layout,
  tenant: string,
  addresses: readonly Address[],
): Promise<readonly Instance[]> {
  const ids = new Map<EntityTable, string[]>()
  for (const { entity, key } of addresses) {
    const table = layout.entities.get(entity)
    const list = table && ids.get(table)
    if (list) list.push(key)
    else if (table) ids.set(table, [key])
  }
  const found = new Map<string, Instance>()
  const read = async (table: EntityTable, keys: readonly string[]) => {
    const columns = table.columns.map(({ name }) => `, ${quoted(name)}`).join('')
    const rows = await session.query<SqlRow & { id: string }>(
      `select id, _state${columns} from ${table.sql} where tenant = $1 and id = any($2::text[])`,
      [tenant, textArray(keys)],
    )
    const entity = table.view.ir.number
    for (const row of rows) {
      const instance = decodeRow(table, row._state as unknown as RowState, column => row[column] ?? null)
      found.set(addressKey({ entity, key: row.id }), instance)
    }
  }
  await Promise.all([...ids].map(([table, keys]) => read(table, keys)))
  const others = addresses.filter(address => !found.has(addressKey(address)))
  const loaded = others.length ? await loadInstances(session, layout, tenant, others) : []
  for (const [i, address] of others.entries()) found.set(addressKey(address), loaded[i] ?? NOTHING)
  return addresses.map(address => found.get(addressKey(address)) ?? NOTHING)
}

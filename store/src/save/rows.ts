import type { Address } from '@zg/core/act/needs'
import { hlcToUuid } from '@zg/core/change/clock'
import { visible } from '@zg/core/change/merge'
import type { Writes } from '@zg/core/ports/storage'
import { encodeRow, ownColumns } from '../codec.ts'
import { addressText } from '../load.ts'
import { jsonLines, jsonList, plainArray, textArray } from '../parameter.ts'
import { type EntityTable, type Layout, quoted } from '../tables/layout.ts'
import type { Send, TenantWrites, Written } from './send.ts'

/** A row to be shown, of a tenant by its number; a new one needs no look for an older version. */
interface Shown extends Written {
  readonly t: number
  readonly fresh: boolean
}

export function shownRows(
  layout: Layout,
  { instances }: Writes,
  places: TenantWrites['places'],
  t: number,
): Shown[] {
  return instances
    .filter(({ entity, instance }) => visible(instance) && layout.entities.has(entity))
    .map(one => ({ ...one, t, fresh: places.get(addressText(one)) === 'nowhere' }))
}

export function saveRows(
  send: Send,
  table: EntityTable,
  tenants: readonly string[],
  rows: readonly Shown[],
): void {
  for (const how of ['insert', 'upsert'] as const) {
    const list = rows.filter(({ fresh }) => fresh === (how === 'insert'))
    if (!list.length) continue
    const encoded = list.map(({ instance }) => encodeRow(table, instance))
    const [only] = encoded
    const [row] = list
    if (only && row && list.length === 1) {
      const values = [tenants[row.t - 1] ?? '', row.key, JSON.stringify(only.state), ...only.values]
      send(textOf(table, how, 'one'), values)
      continue
    }
    send(textOf(table, how, 'many'), [
      tenants,
      plainArray(list.map(({ t }) => t)),
      textArray(list.map(({ key }) => key)),
      jsonLines(encoded.map(({ state }) => state)),
      ...ownColumns(table).map((_, column) => textArray(encoded.map(({ values }) => values[column] ?? null))),
    ])
  }
}

type How = 'insert' | 'upsert'
/** Lists of one cost the server as much again as the row itself. */
type Size = 'one' | 'many'

/** A statement is longer than most rows. */
const texts = new WeakMap<EntityTable, Map<string, string>>()

function textOf(table: EntityTable, how: How, size: Size): string {
  const known = texts.get(table) ?? new Map<string, string>()
  texts.set(table, known)
  const form = `${how} ${size}`
  const text = known.get(form) ?? rowsText(table, how, size)
  known.set(form, text)
  return text
}

/** A new row's texts are as folded before it came, or empty until they are; an old one's stay as they are. */
function rowsText(table: EntityTable, how: How, size: Size): string {
  const { sql } = table
  const columns = ownColumns(table)
  const names = columns.map(({ name }) => quoted(name))
  const texts = table.columns.filter(({ field }) => field.crdt === 'text')
  const lists = ['$2::int[]', '$3::text[]', jsonList(4), ...columns.map((_, i) => `$${i + 5}::text[]`)]
  const [tenant, id, state] =
    size === 'one' ? ['$1', '$2', '$3::text'] : ['($1::text[])[u.t]', 'u.id', 'u.state']
  const values = [
    tenant,
    id,
    `${state}::jsonb`,
    ...columns.map(({ cast }, i) => `${size === 'one' ? `$${i + 4}::text` : `u.c${i}`}::${cast}`),
    ...texts.map(
      ({ field }) => `coalesce((
        select f.plain from zg.text_fold f
        where f.tenant = ${tenant} and f.key = ${id} and f.entity = ${table.view.ir.number} and f.field = ${field.number}
        order by f.seq desc limit 1
      ), '')`,
    ),
  ]
  const from = `from unnest(${lists.join(', ')}) as u(${['t', 'id', 'state', ...columns.map((_, i) => `c${i}`)].join(', ')})`
  const renewed = ['_state', ...names].map(name => `${name} = excluded.${name}`).join(', ')
  return `insert into ${sql} (${['tenant', 'id', '_state', ...names, ...texts.map(({ name }) => quoted(name))].join(', ')})
    select ${values.join(', ')} ${size === 'one' ? '' : from}
    ${how === 'insert' ? '' : `on conflict (tenant, id) do update set ${renewed}`}`
}

export function deleteRows(send: Send, { sql }: EntityTable, tenant: string, dead: readonly Address[]): void {
  send(`delete from ${sql} where tenant = $1 and id = any($2::text[])`, [tenant, dead.map(({ key }) => key)])
}

export function saveTombstones(send: Send, tenant: string, dead: readonly Written[]): void {
  if (!dead.length) return
  send(
    `insert into zg.tombstone (tenant, id, change, seq)
    select $1::text, u.id, u.change::uuid, u.seq::bigint
    from unnest($2::text[], $3::text[], $4::text[]) as u(id, change, seq)
    on conflict (tenant, id) do update set change = excluded.change`,
    [
      tenant,
      dead.map(({ key }) => key),
      dead.map(({ instance }) => hlcToUuid(instance.dead ?? '')),
      dead.map(({ seq }) => String(seq)),
    ],
  )
}

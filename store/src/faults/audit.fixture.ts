import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import type { Instance } from '@zg/core/change/instance'
import { NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf, visible } from '@zg/core/change/merge'
import { canonical, type Json } from '@zg/core/json'
import { loadInstances } from '../load.ts'
import type { Database, Session } from '../session.ts'
import type { Layout } from '../tables/layout.ts'

type LogRow = { seq: string; id: string; change: Json; before: Json; last: boolean }

/**
 * Compares all that one tenant's tables hold with what its log alone says, merged change by change by nobody but
 * core/change. Complaints; none: they are equal.
 */
export async function audit(database: Database, layout: Layout, tenant: string): Promise<readonly string[]> {
  return database.transaction('snapshot', async session => {
    const entries = await session.query<LogRow>(
      'select seq, id, change, before, last from zg.log where tenant = $1 order by seq',
      [tenant],
    )
    const complaints = await auditLog(session, tenant, entries)
    const told = new Map<string, { readonly change: Change; readonly instance: Instance }>()
    for (const row of entries) {
      const change = row.change as unknown as Change
      const key = addressKey(change)
      const before = told.get(key)?.instance ?? NOTHING
      if (!equal(beforeOf(before, change), row.before)) complaints.push(`seq ${row.seq}: wrong before`)
      told.set(key, { change, instance: apply(before, change) })
    }
    complaints.push(...(await auditInstances(session, layout, tenant, [...told.values()])))
    return complaints
  })
}

async function auditLog(session: Session, tenant: string, entries: readonly LogRow[]): Promise<string[]> {
  const heads = await session.query<{ seq: string }>('select seq from zg.head where tenant = $1', [tenant])
  const complaints: string[] = []
  if (Number(heads[0]?.seq) !== entries.length)
    complaints.push(`the head says ${heads[0]?.seq}, and the log has ${entries.length} lines`)
  entries.forEach(({ seq }, i) => {
    if (Number(seq) !== i + 1) complaints.push(`line ${i + 1} of the log has seq ${seq}`)
  })
  if (entries.at(-1)?.last === false) complaints.push('the log ends in the middle of a mutation')
  if (new Set(entries.map(({ id }) => id)).size !== entries.length) complaints.push('a change is there twice')
  return complaints
}

async function auditInstances(
  session: Session,
  layout: Layout,
  tenant: string,
  told: readonly { readonly change: Change; readonly instance: Instance }[],
): Promise<readonly string[]> {
  const found = await loadInstances(
    session,
    layout,
    tenant,
    told.map(({ change }) => change),
  )
  const complaints = told.flatMap(({ change, instance }, i) =>
    equal(instance, found[i]) ? [] : [`${addressKey(change)} is not what the log says`],
  )
  for (const { sql, view } of layout.entities.values()) {
    const shown = told.filter(({ change, instance }) => change.entity === view.ir.number && visible(instance))
    const [count] = await session.query<{ n: string }>(`select count(*) as n from ${sql} where tenant = $1`, [
      tenant,
    ])
    if (Number(count?.n) !== shown.length)
      complaints.push(`${view.name} has ${count?.n} rows, and the log ${shown.length}`)
  }
  return complaints
}

function equal(one: unknown, other: unknown): boolean {
  return canonical(one as Json) === canonical(other as Json)
}

import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf } from '@zg/core/change/merge'
import type { Catalog } from '@zg/core/ir/catalog'
import { canonical, type Json } from '@zg/core/json'
import { compare } from '../rebuild/compare.ts'
import type { Database, Session } from '../session.ts'

type LogRow = { seq: string; id: string; change: Json; before: Json; last: boolean }

/**
 * Compares all that one tenant's tables hold with what its log alone says, merged change by change by nobody but
 * core/change. Nobody may write meanwhile. Complaints; none: they are equal.
 */
export async function audit(
  database: Database,
  catalog: Catalog,
  tenant: string,
): Promise<readonly string[]> {
  const entries = await database.query<LogRow>(
    'select seq, id, change, before, last from zg.log where tenant = $1 order by seq',
    [tenant],
  )
  const complaints = await auditLog(database, tenant, entries)
  const instances = new Map<string, Instance>()
  for (const row of entries) {
    const change = row.change as unknown as Change
    const key = addressKey(change)
    const before = instances.get(key) ?? NOTHING
    if (!equal(beforeOf(before, change), row.before)) complaints.push(`seq ${row.seq}: wrong before`)
    instances.set(key, apply(before, change))
  }
  const { differences } = await compare(database, catalog.model)
  return [...complaints, ...differences]
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

function equal(one: unknown, other: unknown): boolean {
  return canonical(one as Json) === canonical(other as Json)
}

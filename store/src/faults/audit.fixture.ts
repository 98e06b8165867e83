import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf, visible } from '@zg/core/change/merge'
import type { Catalog } from '@zg/core/ir/catalog'
import { canonical, type Json } from '@zg/core/json'
import type { Database, Session } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { layout } from '../tables/layout.ts'

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
  const told = new Map<string, Told>()
  for (const row of entries) {
    const change = row.change as unknown as Change
    const key = addressKey(change)
    const before = told.get(key)?.instance ?? NOTHING
    if (!equal(beforeOf(before, change), row.before)) complaints.push(`seq ${row.seq}: wrong before`)
    told.set(key, { change, instance: apply(before, change) })
  }
  return [...complaints, ...(await auditInstances(database, catalog, tenant, [...told.values()]))]
}

/** An instance by the log, and the last change that touched it. */
interface Told {
  readonly change: Change
  readonly instance: Instance
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
  database: Database,
  catalog: Catalog,
  tenant: string,
  told: readonly Told[],
): Promise<readonly string[]> {
  const storage = await sqlStorage(database, catalog)
  const instances = told.map(({ change }) => ({ entity: change.entity, key: change.key }))
  const needs = { instances, inbound: [], claims: [], verdicts: [], clients: [], stamps: [] }
  const found = await storage.batch([tenant], { wait: true }, batch => batch.load(tenant, needs))
  const complaints = told.flatMap(({ change, instance }, i) =>
    equal(instance, found.instances[i]) ? [] : [`${addressKey(change)} is not what the log says`],
  )
  const dead = new Set(told.filter(({ instance }) => instance.dead !== null).map(({ change }) => change.key))
  const { entities, relations } = layout(catalog.model)
  for (const [number, { sql }] of [...entities, ...relations]) {
    const shown = told.filter(
      ({ change, instance }) =>
        // Edges of dead rows are seen no more (docs/decisions/004).
        change.entity === number && visible(instance) && !change.key.split('|').some(end => dead.has(end)),
    )
    const [count] = await database.query<{ n: string }>(
      `select count(*) as n from ${sql} where tenant = $1`,
      [tenant],
    )
    if (Number(count?.n) !== shown.length)
      complaints.push(`${sql} has ${count?.n} lines, and the log ${shown.length}`)
  }
  return complaints
}

function equal(one: unknown, other: unknown): boolean {
  return canonical(one as Json) === canonical(other as Json)
}

import { parseEdgeKey } from '@zg/core/change/id'
import { visible } from '@zg/core/change/merge'
import { holdsState } from './codec.ts'
import { addressText, type Place } from './load.ts'
import { saveClaims } from './save/claims.ts'
import { deleteEdges, hideEdges, upsertEdges, withLivingEnds } from './save/edges.ts'
import { saveEntries } from './save/log.ts'
import { deleteRows, saveRows, saveTombstones, shownRows } from './save/rows.ts'
import { byTable, type Send, type TenantWrites, type Written } from './save/send.ts'
import { expireVerdicts, saveVerdicts } from './save/verdicts.ts'
import { startWaiting, stopWaiting } from './save/waiting.ts'
import type { Session } from './session.ts'
import type { Layout } from './tables/layout.ts'
import { dropTexts, saveFolds, saveUpdates } from './text/save.ts'

/**
 * What a part of a batch leaves behind but for the heads, inside its transaction. The number of statements depends on how
 * many tables are touched, never on how many rows; logs and rows of all tenants go together. Resolves when all are sent: one
 * waits for an answer only where it needs it. Moves `places` along.
 */
export async function saveWrites(
  session: Session,
  layout: Layout,
  all: readonly TenantWrites[],
): Promise<void> {
  const send: Send = (text, values) => void session.query(text, values)
  const tenants = all.map(({ tenant }) => tenant)
  const rows = all.flatMap(({ writes, places }, i) => shownRows(layout, writes, places, i + 1))
  saveEntries(send, tenants, all)
  for (const [table, list] of byTable(layout.entities, rows)) saveRows(send, table, tenants, list)
  for (const one of all) await saveRest(session, send, layout, one)
}

/** What most batches have none of, tenant by tenant. */
async function saveRest(
  session: Session,
  send: Send,
  layout: Layout,
  { tenant, writes, places }: TenantWrites,
): Promise<void> {
  const { rows, edges, rest } = sorted(layout, writes.instances)
  const dead = writes.instances.filter(({ instance }) => instance.dead !== null)
  if (dead.length) {
    saveTombstones(send, tenant, dead)
    for (const [table, list] of byTable(layout.entities, dead)) deleteRows(send, table, tenant, list)
    for (const table of layout.relations.values()) hideEdges(send, layout, table, tenant, dead)
    const mayHave = dead.filter(({ entity }) => mayHoldTexts(layout, entity))
    dropTexts(
      session,
      tenant,
      mayHave.map(({ key }) => key),
    )
  }
  saveUpdates(session, tenant, writes)
  saveClaims(send, tenant, writes.claims)
  saveVerdicts(send, tenant, writes.verdicts)
  if (writes.expire) expireVerdicts(send, tenant, writes.expire)
  const lively = edges.filter(({ instance }) => visible(instance))
  const shown = lively.length ? await withLivingEnds(session, tenant, lively) : []
  const lit = new Set(shown)
  const hidden = edges.filter(edge => !lit.has(edge))
  const unborn = rows.filter(({ instance }) => !instance.dead && !visible(instance))
  const waits = [...rest, ...hidden, ...unborn].filter(({ instance }) => holdsState(instance))
  const waiting = new Set(waits)
  const waited = writes.instances.filter(one => !waiting.has(one) && mayWait(layout, places, one))
  for (const one of writes.instances) places.set(addressText(one), placeOf(one, waiting.has(one)))
  for (const [table, list] of byTable(layout.relations, shown)) upsertEdges(send, table, tenant, list)
  for (const [table, list] of byTable(layout.relations, hidden)) deleteEdges(send, table, tenant, list)
  stopWaiting(send, tenant, waited)
  startWaiting(send, tenant, waits)
  if (writes.folds?.length) await saveFolds(session, layout, tenant, writes.folds)
}

/** An edge that was shown may have come to wait by the death of an end in this very batch. */
function mayWait({ relations }: Layout, places: TenantWrites['places'], one: Written): boolean {
  const place = places.get(addressText(one))
  return place === undefined || place === 'waiting' || (place === 'shown' && relations.has(one.entity))
}

function placeOf({ instance }: Written, waits: boolean): Place {
  if (instance.dead !== null) return 'dead'
  if (waits) return 'waiting'
  return visible(instance) ? 'shown' : 'nowhere'
}

/** Of an entity that this schema does not know, nobody can tell. */
function mayHoldTexts({ entities }: Layout, entity: number): boolean {
  return entities.get(entity)?.columns.some(({ field }) => field.crdt === 'text') ?? true
}

/** Edges whose key does not name two rows can have no line in an edge table, nor can unknown entities' rows. */
function sorted(layout: Layout, instances: readonly Written[]) {
  const rows: Written[] = []
  const edges: Written[] = []
  const rest: Written[] = []
  for (const one of instances) {
    if (layout.entities.has(one.entity)) rows.push(one)
    else if (layout.relations.has(one.entity) && parseEdgeKey(one.key)) edges.push(one)
    else if (!one.instance.dead) rest.push(one)
  }
  return { rows, edges, rest }
}

import { claimOf } from '@zg/core/act/claim'
import type { Address, Facts, Needs, Reference } from '@zg/core/act/needs'
import { addressKey, referredId } from '@zg/core/act/overlay'
import { decodeBytes } from '@zg/core/base64url'
import type { Hlc } from '@zg/core/change/clock'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import type { TextContent, TextSource } from '@zg/core/change/kinds/text'
import { visible } from '@zg/core/change/merge'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import { isReference, referredEntity } from '@zg/core/ir/refer'
import { uniqueKeys } from '@zg/core/ir/unique'
import { createRowStore, type RowSource, rowOf } from '@zg/core/memory/rows'
import type { Row } from '@zg/core/query/query'
import type { Slot, Slots } from './slot.ts'
import { stampsOf } from './stamps.ts'

/** A row that came, changed or went: what it was and what it is. Edges: the rows at both ends. */
export interface Shift {
  readonly entity: string
  readonly id: string
  readonly from: Row | null
  readonly to: Row | null
}

/** What is seen of the slots: rows, edges, and what judging asks about them. */
export interface Surface {
  /** Takes over what happened to the slots since the last call; `seq` names this step. O(what was touched). */
  refresh(seq: number): readonly Shift[]
  rows(): RowSource
  facts(needs: Needs): Facts
}

export function createSurface(
  catalog: Catalog,
  slots: Slots,
  readText: ((source: TextSource) => TextContent) | null,
): Surface {
  const store = createRowStore(catalog)
  const inbound = new Map<string, Map<string, Reference>>()
  const claims = new Map<string, Set<string>>()
  const arrivals = createArrivals()
  let rows: RowSource | null = null

  const project = (entity: EntityView, id: string, slot: Slot | undefined): Row | null =>
    slot && visible(slot.shown)
      ? rowOf(entity, id, slot.shown, field => readText?.(sourceOf(slot, field)))
      : null

  const moveRow = (entity: EntityView, address: Address, before: Slot | undefined): Shift | null => {
    const now = slots.get(address)
    // As it stood; read before anything is put in its place.
    const from = store.row(entity.name, address.key)
    const to = project(entity, address.key, now)
    if (to) store.putRow(entity.name, to)
    else if (from) store.dropRow(entity.name, address.key)
    const shown = now?.shown ?? NOTHING
    note(inbound, referencesOf(catalog, entity, address, before?.shown ?? NOTHING), false)
    note(inbound, referencesOf(catalog, entity, address, shown), true)
    claim(claims, entity, address.key, before?.shown ?? NOTHING, false)
    claim(claims, entity, address.key, shown, true)
    return from || to ? { entity: entity.name, id: address.key, from, to } : null
  }

  /** Rows look the same whatever edges they have; who reads relations is told that both ends were touched. */
  const moveEdge = (address: Address, before: Slot | undefined): readonly Shift[] => {
    const relation = catalog.relationByNumber(address.entity)
    const ends = parseEdgeKey(address.key)
    const shown = slots.shown(address)
    if (!relation || !ends || visible(shown) === (before !== undefined && visible(before.shown))) return []
    if (visible(shown)) store.putEdge(relation.name, ends.from, ends.to)
    else store.dropEdge(relation.name, ends.from, ends.to)
    return [
      { entity: relation.from, id: ends.from, from: null, to: null },
      { entity: relation.to, id: ends.to, from: null, to: null },
    ]
  }

  return {
    refresh: seq => {
      const shifts: Shift[] = []
      for (const { before, ...address } of slots.take().values()) {
        rows = null
        arrivals.note(before?.shown ?? NOTHING, slots.shown(address), seq)
        const entity = catalog.entityByNumber(address.entity)
        const shift = entity && moveRow(entity, address, before)
        if (shift) shifts.push(shift)
        if (!entity) shifts.push(...moveEdge(address, before))
      }
      return shifts
    },
    rows: () => {
      rows ??= store.snapshot()
      return rows
    },
    facts: needs => ({
      instances: needs.instances.map(address => slots.shown(address)),
      inbound: needs.inbound.map(address => [...(inbound.get(addressKey(address))?.values() ?? [])]),
      claims: needs.claims.map(({ index, value }) => least(claims.get(`${index}/${value}`))),
      // Whose it was does not matter: what is asked here is what somebody had on his screen.
      stamps: needs.stamps.map(stamp => {
        const seq = arrivals.seqOf(stamp)
        return seq === undefined ? null : { seq, client: '' }
      }),
    }),
  }
}

/** Stamps that are remembered with the step that brought them; older ones have been here for long. */
const REMEMBERED = 10_000

/** When the newest stamps came to be seen here. */
function createArrivals() {
  const seqs = new Map<Hlc, number>()
  return {
    seqOf: (stamp: Hlc) => seqs.get(stamp),
    note: (before: Instance, now: Instance, seq: number): void => {
      const known = new Set(stampsOf(before))
      for (const stamp of stampsOf(now)) {
        if (!known.has(stamp) && !seqs.has(stamp)) seqs.set(stamp, seq)
      }
      for (const oldest of seqs.keys()) {
        if (seqs.size <= REMEMBERED) break
        seqs.delete(oldest)
      }
    },
  }
}

/** Which rows a row's to-one fields refer to. */
function referencesOf(
  catalog: Catalog,
  { ir }: EntityView,
  address: Address,
  shown: Instance,
): readonly (readonly [target: string, Reference])[] {
  return ir.fields.flatMap(({ type, number }) => {
    const id = isReference(type) ? referredId(shown, number) : null
    const target = id !== null && isReference(type) ? referredEntity(catalog, type, id) : undefined
    if (!target || id === null) return []
    const reference = { entity: address.entity, key: address.key, field: number }
    return [[addressKey({ entity: target.ir.number, key: id }), reference] as const]
  })
}

function note(
  inbound: Map<string, Map<string, Reference>>,
  references: readonly (readonly [string, Reference])[],
  there: boolean,
): void {
  for (const [target, reference] of references) {
    const name = `${addressKey(reference)}/${reference.field}`
    const known = inbound.get(target) ?? new Map<string, Reference>()
    if (there) inbound.set(target, known.set(name, reference))
    else if (known.delete(name) && known.size === 0) inbound.delete(target)
  }
}

/** Two rows of a replica may hold one unique value until a gateway has judged them. */
function claim(
  claims: Map<string, Set<string>>,
  { ir }: EntityView,
  id: string,
  shown: Instance,
  there: boolean,
): void {
  if (!visible(shown)) return
  for (const key of uniqueKeys(ir)) {
    const values = key.on.map(({ number }) => {
      const cell = shown.cells[number]
      return cell?.kind === 'register' ? cell.value : null
    })
    const held = claimOf(key, values)
    if (!held) continue
    const name = `${held.index}/${held.value}`
    const ids = claims.get(name) ?? new Set<string>()
    if (there) claims.set(name, ids.add(id))
    else if (ids.delete(id) && ids.size === 0) claims.delete(name)
  }
}

function least(ids: ReadonlySet<string> | undefined): string | null {
  return ids ? ([...ids].sort()[0] ?? null) : null
}

/** All that is known of a text: what a gateway sent, and what is pending. Updates may be in it twice without harm. */
export function sourceOf({ texts, pending }: Pick<Slot, 'texts' | 'pending'>, field: number): TextSource {
  const { state, updates } = texts.get(field) ?? { state: null, updates: [] }
  const own = pending.flatMap(({ ops }) =>
    ops.flatMap(op => (op.kind === 'text' && op.field === field ? (decodeBytes(op.update) ?? []) : [])),
  )
  return { state, updates: [...updates, ...own] }
}

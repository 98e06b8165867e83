import type { Address } from '@zg/core/act/needs'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { LogChunk, View } from '@zg/core/ports/storage'
import { keysOf } from '@zg/core/query/keys'
import type { Row } from '@zg/core/query/query'
import { idsAfter, touchOf } from './across.ts'
import { byValue, image, type Transition, transitions } from './images.ts'
import { holds, loadedTo, type Part, withIds } from './parts.ts'

/** What became of a row between two positions. */
export interface RowChange {
  readonly entity: EntityView
  readonly id: string
  readonly from: Row | null
  readonly to: Row | null
  /** Its state now. */
  readonly instance: Instance
  /** Whether one of the shapes held it, and holds it. */
  readonly was: boolean
  readonly is: boolean
}

/** From one position to a later one: what happened, what was loaded, and what the shapes hold because of both. */
export interface Step {
  readonly before: readonly Part[]
  readonly after: readonly Part[]
  /** Null: nothing happened. */
  readonly chunk: LogChunk | null
  /** By id: everything touched, whether held or not, and what came or went for other reasons. */
  readonly rows: ReadonlyMap<string, RowChange>
  readonly at: number
  readonly view: Reads
}

/** Reads at a given position. */
export type Reads = Pick<View, 'instances' | 'edges' | 'texts'>

/** What is loaded next of a shape. */
export interface Page {
  readonly ids: readonly string[]
  /** Whether nothing is behind it. */
  readonly last: boolean
}

/** The next page of the first shape that is not whole, of so many rows and bytes at most. Null: all are. */
export async function pageOf(
  parts: readonly Part[],
  view: View,
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
): Promise<Page | null> {
  const part = parts.find(({ loaded }) => loaded.kind !== 'whole')
  if (!part) return null
  const { loaded, shape } = part
  const after = loaded.kind === 'upTo' ? loaded.id : null
  const ids = await view.ids(shape.entity, shape.where, { after, limit: rows })
  const fit = await view.fitting(shape.entity, ids, bytes)
  return { ids: ids.slice(0, fit), last: ids.length < rows && fit === ids.length }
}

export interface Advance {
  readonly chunk: LogChunk | null
  /** The page that is loaded. */
  readonly page: Page | null
  readonly view: View
  readonly cap: number
}

/** The shapes at the head of a view, after a chunk that ends there and a page. Null: one holds more than `cap` ids. */
export async function partsAfter(
  catalog: Catalog,
  parts: readonly Part[],
  { chunk, page, view, cap }: Advance,
): Promise<readonly Part[] | null> {
  const after: Part[] = []
  let open = page
  for (const part of parts) {
    let next = part
    const touch = part.across && chunk && touchOf(catalog, part.across.reads, chunk)
    if (touch && part.loaded.kind !== 'nothing') {
      const now = await idsAfter(catalog, part, touch, view, cap)
      if (!now) return null
      next = withIds(part, now)
    }
    if (open && part.loaded.kind !== 'whole') {
      const { ids, last } = open
      const end = ids.at(-1)
      if (next.across) next = withIds(next, new Set([...next.across.ids, ...ids]))
      next = loadedTo(next, last || end === undefined ? { kind: 'whole' } : { kind: 'upTo', id: end })
      open = null
    }
    if ((next.across?.ids.size ?? 0) > cap) return null
    after.push(next)
  }
  return after
}

export interface Between {
  readonly before: readonly Part[]
  readonly after: readonly Part[]
  readonly chunk: LogChunk | null
  /** The page that was loaded. */
  readonly ids: readonly string[]
  /** Rows that no shape can hold are left out: nobody asks for them. */
  readonly narrow: boolean
  readonly at: number
  readonly view: Step['view']
}

/** Each row judged on how it looked before and looks after. */
export async function stepTo(catalog: Catalog, between: Between): Promise<Step> {
  const { before, after, chunk, at, view } = between
  const moves = chunk ? movesOf(catalog, between, chunk) : []
  const rows = new Map<string, RowChange>()
  for (const { entity: name, id, from, to, instance } of moves) {
    const [was, is] = [holds(before, name, from), holds(after, name, to)]
    rows.set(id, { entity: catalog.entity(name), id, from, to, instance, was, is })
  }
  const others = movedAside(catalog, between).filter(({ key }) => !rows.has(key))
  const instances = await view.instances(others, at)
  for (const [i, { entity: number, key }] of others.entries()) {
    const entity = catalog.entityByNumber(number)
    const instance = instances[i] ?? NOTHING
    const row = entity ? image(entity, key, instance) : null
    if (!entity || !row) continue
    const [was, is] = [holds(before, entity.name, row), holds(after, entity.name, row)]
    if (was !== is) rows.set(key, { entity, id: key, from: row, to: row, instance, was, is })
  }
  return { before, after, chunk, rows, at, view }
}

/** Of a thousand rows only those are judged that have or had a value the shape asks for. */
function movesOf(catalog: Catalog, { after, narrow }: Between, chunk: LogChunk): readonly Transition[] {
  const [part, ...others] = after
  const keys = narrow && part && !part.across && !others.length ? keysOf(part.shape.where) : null
  if (!keys || !part) return transitions(catalog, chunk)
  const values = byValue(catalog, chunk, part.shape.entity, keys.field)
  return [...new Set(keys.values.flatMap(value => values.get(value) ?? []))]
}

/** Rows that a shape holds now or held, without having been touched themselves: loaded, or let in or out by others. */
function movedAside(catalog: Catalog, { before, after, ids }: Between): readonly Address[] {
  const found = new Map<string, Address>()
  const note = (entity: string, id: string) =>
    found.set(id, { entity: catalog.entity(entity).ir.number, key: id })
  for (const [i, part] of after.entries()) {
    const [old, now] = [before[i]?.across?.ids, part.across?.ids]
    if (before[i]?.loaded !== part.loaded) for (const id of ids) note(part.shape.entity, id)
    if (!old || !now || old === now) continue
    for (const id of now) if (!old.has(id)) note(part.shape.entity, id)
    for (const id of old) if (!now.has(id)) note(part.shape.entity, id)
  }
  return [...found.values()]
}

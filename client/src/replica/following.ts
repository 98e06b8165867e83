import type { Address } from '@zg/core/act/needs'
import type { Catalog } from '@zg/core/ir/catalog'
import { canonical, type Json } from '@zg/core/json'
import { rowOf } from '@zg/core/memory/rows'
import type { Loaded, ReplicaEvent, Shape, Since } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { NO_RELATIONS, predicate } from '@zg/core/query/evaluate'
import { compareText } from '@zg/core/query/scalar'
import { type Confirmed, createConfirmed, type Held } from './confirmed.ts'
import { crosses } from './crosses.ts'
import type { Kept, Pages, ShapeState } from './pages.ts'

/** What is followed, and how far it has come. */
export interface Following {
  readonly position: Position | null
  readonly shapes: readonly ShapeState[]
  /** All rows of all shapes are here, as of `position`. */
  readonly complete: boolean
  held(address: Address): Held | undefined
  /** For the next `follow`. */
  request(): { readonly shapes: readonly Shape[]; readonly since: Since | null }
  /** Answers what it touched. */
  take(batch: { readonly events: readonly ReplicaEvent[] } & Since): readonly Address[]
  /** Loads everything anew, and keeps what is here until that is done. */
  reset(): void
  /** False: it was wanted already. */
  add(shape: Shape): boolean
  /** Answers what is no longer held; null: it was not wanted. */
  remove(shape: Shape): readonly Address[] | null
}

const NOTHING: Loaded = { kind: 'nothing' }

export function createFollowing(catalog: Catalog, pages: Pages, kept: Kept): Following {
  let live: Kept = kept
  /** What is loaded anew, to take the place of `live` when it is whole. */
  let staged: Kept | null = null
  // What is here is of nowhere: it was to be loaded anew when the machine stopped.
  const begin = kept.position === null && kept.confirmed.size > 0

  const blank = (): Kept => ({
    confirmed: createConfirmed(catalog),
    shapes: live.shapes.map(({ shape }) => ({ shape, loaded: NOTHING })),
    position: null,
  })
  const advanced = (from: Kept, { position, loaded }: Since): Kept => ({
    confirmed: from.confirmed,
    shapes: from.shapes.map(({ shape }, i) => ({ shape, loaded: loaded[i] ?? NOTHING })),
    position,
  })
  /** The staged state takes the place of the other: all that either holds is touched. */
  const swap = (whole: Kept): readonly Address[] => {
    const touched = [...live.confirmed.values(), ...whole.confirmed.values()]
    live = whole
    staged = null
    pages.replace(live)
    return touched
  }

  if (begin) staged = blank()
  return {
    get position() {
      return live.position
    },
    get shapes() {
      return live.shapes
    },
    get complete() {
      return staged === null && live.position !== null && isWhole(live.shapes)
    },
    held: address => live.confirmed.get(address),
    request: () => {
      const { shapes, position } = staged ?? live
      const loaded = shapes.map(each => each.loaded)
      return { shapes: shapes.map(({ shape }) => shape), since: position && { position, loaded } }
    },
    take: batch => {
      if (staged) {
        staged.confirmed.apply(batch.events)
        staged = advanced(staged, batch)
        return isWhole(staged.shapes) ? swap(staged) : []
      }
      const touched = live.confirmed.apply(batch.events)
      live = advanced(live, batch)
      pages.note(batch.events, touched, live)
      return touched
    },
    reset: () => {
      staged = blank()
    },
    add: shape => {
      if (live.shapes.some(known => same(known.shape, shape))) return false
      const added: ShapeState = { shape, loaded: NOTHING }
      live = { ...live, shapes: [...live.shapes, added] }
      if (staged) staged = { ...staged, shapes: [...staged.shapes, added] }
      pages.note([], [], live)
      return true
    },
    remove: shape => {
      const shapes = live.shapes.filter(known => !same(known.shape, shape))
      if (shapes.length === live.shapes.length) return null
      live = { ...live, shapes }
      const rivals = shapes.filter(known => known.shape.entity === shape.entity)
      // Which rows the others hold is for the gateway to say.
      if (staged || rivals.some(known => crosses(known.shape.where))) {
        pages.note([], [], { ...live, position: null })
        staged = blank()
        return []
      }
      const rows = orphans(catalog, live.confirmed, shape.entity, rivals)
      const events = rows.map(({ entity, key }): ReplicaEvent => ({ kind: 'evict', entity, key }))
      const touched = live.confirmed.apply(events)
      pages.note(events, touched, live)
      return touched
    },
  }
}

function isWhole(shapes: readonly ShapeState[]): boolean {
  return shapes.every(({ loaded }) => loaded.kind === 'whole')
}

function same(a: Shape, b: Shape): boolean {
  return canonical(a as unknown as Json) === canonical(b as unknown as Json)
}

/** Rows of an entity that none of its remaining shapes holds, as far as these are loaded. O(rows). */
function orphans(
  catalog: Catalog,
  confirmed: Confirmed,
  name: string,
  shapes: readonly ShapeState[],
): readonly Address[] {
  // A gateway may not know it either.
  const entity = catalog.entities.find(known => known.name === name)
  if (!entity) return []
  const holders = shapes.map(({ shape, loaded }) => ({
    loaded,
    matches: predicate(catalog, name, shape.where),
  }))
  return [...confirmed.values()].filter(held => {
    if (held.entity !== entity.ir.number) return false
    const row = rowOf(entity, held.key, held.instance)
    return !holders.some(({ loaded, matches }) => covers(loaded, held.key) && matches(row, NO_RELATIONS))
  })
}

function covers(loaded: Loaded, id: string): boolean {
  return loaded.kind === 'whole' || (loaded.kind === 'upTo' && compareText(id, loaded.id) <= 0)
}

import type { Catalog } from '@zg/core/ir/catalog'
import type { Loaded, Shape } from '@zg/core/ports/feed'
import { NO_RELATIONS, predicate } from '@zg/core/query/evaluate'
import type { Row } from '@zg/core/query/query'
import { compareText } from '@zg/core/query/scalar'

/** Which rows a replica is to hold: those of its shapes, as far as these are loaded. */
export interface Holding {
  readonly loaded: readonly Loaded[]
  /** Whether a row is held that looks so. */
  holds(entity: string, row: Row | null): boolean
  /** Whether rows of an entity may be held at all. */
  watches(entity: string): boolean
  /** The next shape to load from, and behind which id. Null: all are whole. */
  next(): { readonly shape: Shape; readonly after: string | null } | null
  /** That shape is now loaded up to its last id; without one, whole. */
  load(upTo: string | null): void
}

export function createHolding(
  catalog: Catalog,
  shapes: readonly Shape[],
  loaded: readonly Loaded[],
): Holding {
  const parts = shapes.map((shape, i) => ({
    shape,
    matches: predicate(catalog, shape.entity, shape.where),
    loaded: loaded[i] ?? NOTHING,
  }))
  const open = () => parts.find(part => part.loaded.kind !== 'whole')

  return {
    get loaded() {
      return parts.map(part => part.loaded)
    },
    holds: (entity, row) =>
      row !== null &&
      parts.some(
        ({ shape, matches, loaded: far }) =>
          shape.entity === entity && covers(far, row.id) && matches(row, NO_RELATIONS),
      ),
    watches: entity => parts.some(({ shape }) => shape.entity === entity),
    next: () => {
      const part = open()
      return part ? { shape: part.shape, after: part.loaded.kind === 'upTo' ? part.loaded.id : null } : null
    },
    load: upTo => {
      const part = open()
      if (part) part.loaded = upTo === null ? { kind: 'whole' } : { kind: 'upTo', id: upTo }
    },
  }
}

const NOTHING: Loaded = { kind: 'nothing' }

function covers(loaded: Loaded, id: string): boolean {
  return loaded.kind === 'whole' || (loaded.kind === 'upTo' && compareText(id, loaded.id) <= 0)
}

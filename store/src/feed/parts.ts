import type { Catalog } from '@zg/core/ir/catalog'
import type { Loaded, Shape } from '@zg/core/ports/feed'
import { NO_RELATIONS, predicate } from '@zg/core/query/evaluate'
import type { Row } from '@zg/core/query/query'
import { type Read, readsOf } from '@zg/core/query/reads'
import { compareText } from '@zg/core/query/scalar'

/** A shape at one position: which rows are in it, as far as it is loaded. Never changes. */
export interface Part {
  readonly shape: Shape
  readonly loaded: Loaded
  /** Of a shape across relations. */
  readonly across: Across | null
  /** Whether a row is in it that looks so. */
  has(row: Row): boolean
}

/** What a shape across relations reads, and the ids that are in it. */
export interface Across {
  readonly reads: readonly Read[]
  readonly ids: ReadonlySet<string>
}

/** `compile` makes a shape's test of one row. */
export function partOf(
  catalog: Catalog,
  shape: Shape,
  loaded: Loaded,
  compile: typeof predicate = predicate,
): Part {
  const reads = readsOf(catalog, shape.entity, shape.where)
  if (reads.length > 1) return acrossPart(shape, loaded, { reads, ids: new Set() })
  return ownPart(shape, loaded, compile(catalog, shape.entity, shape.where))
}

function ownPart(shape: Shape, loaded: Loaded, matches: ReturnType<typeof predicate>): Part & Own {
  const has = (row: Row) => covers(loaded, row.id) && matches(row, NO_RELATIONS)
  return { shape, loaded, across: null, matches, has }
}

interface Own {
  readonly matches: ReturnType<typeof predicate>
}

function acrossPart(shape: Shape, loaded: Loaded, across: Across): Part {
  return { shape, loaded, across, has: ({ id }) => across.ids.has(id) }
}

/** The same shape, loaded further. */
export function loadedTo(part: Part, loaded: Loaded): Part {
  if (part.across) return acrossPart(part.shape, loaded, part.across)
  return ownPart(part.shape, loaded, (part as Part & Own).matches)
}

/** The same shape across relations, with other ids in it. */
export function withIds(part: Part, ids: ReadonlySet<string>): Part {
  return part.across ? acrossPart(part.shape, part.loaded, { ...part.across, ids }) : part
}

/** Whether a row that looks so is in one of them. */
export function holds(parts: readonly Part[], entity: string, row: Row | null): boolean {
  return row !== null && parts.some(part => part.shape.entity === entity && part.has(row))
}

export function covers(loaded: Loaded, id: string): boolean {
  return loaded.kind === 'whole' || (loaded.kind === 'upTo' && compareText(id, loaded.id) <= 0)
}

import { addressKey } from '@zg/core/act/overlay'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { visible } from '@zg/core/change/merge'
import type { Catalog } from '@zg/core/ir/catalog'
import { canonical } from '@zg/core/json'
import type { Loaded } from '@zg/core/ports/feed'
import type { LogChunk, View } from '@zg/core/ports/storage'
import type { Expression } from '@zg/core/query/expression'
import type { Row } from '@zg/core/query/query'
import { type Read, reaching } from '@zg/core/query/reads'
import { startsOf, type Transition, transitions } from './images.ts'
import { covers, type Part } from './parts.ts'

/** What a chunk did that may change what a shape across relations holds: rows and edges by the read that sees them. */
export interface Touch {
  /** Rows of a read that came, went, or changed in what is read of them. */
  readonly rows: ReadonlyMap<Read, readonly Transition[]>
  /** Rows of a read that gained or lost a related row. */
  readonly ends: ReadonlyMap<Read, readonly string[]>
}

/** Null: nothing that the shape looks at. O(chunk x reads). */
export function touchOf(catalog: Catalog, reads: readonly Read[], chunk: LogChunk): Touch | null {
  const rows = new Map<Read, readonly Transition[]>()
  const ends = new Map<Read, readonly string[]>()
  const moves = transitions(catalog, chunk)
  for (const read of reads) {
    const seen = moves.filter(move => move.entity === read.entity && matters(read, move))
    if (seen.length) rows.set(read, seen)
    const by = read.from?.by
    if (!read.from || by?.kind !== 'edge') continue
    const at = movedEdges(chunk, catalog.relation(by.relation).number).map(edge => edge[by.end])
    if (at.length) ends.set(read.from.read, [...(ends.get(read.from.read) ?? []), ...at])
  }
  return rows.size || ends.size ? { rows, ends } : null
}

function matters({ fields }: Read, { from, to }: Transition): boolean {
  if (from === null || to === null) return true
  return [...fields].some(field => !same(from, to, field))
}

function same(from: Row, to: Row, field: string): boolean {
  const [a = null, b = null] = [from[field], to[field]]
  return a === b || canonical(a) === canonical(b)
}

/** Edges of a relation that a chunk has made or removed. */
function movedEdges(chunk: LogChunk, relation: number) {
  const touched = new Map(
    chunk.entries.flatMap(({ change }) =>
      change.entity === relation ? [[addressKey(change), change.key] as const] : [],
    ),
  )
  if (!touched.size) return []
  const starts = startsOf(chunk)
  const shown = (images: ReadonlyMap<string, Instance>, name: string) => visible(images.get(name) ?? NOTHING)
  return [...touched]
    .filter(([name]) => shown(starts, name) !== shown(chunk.images, name))
    .flatMap(([, key]) => parseEdgeKey(key) ?? [])
}

/** Whether a touch may have changed what was in the shape, or only what is: a row that was made was not in it. */
export function touchesPast(reads: readonly Read[], { rows, ends }: Touch): boolean {
  const [root] = reads
  if (ends.size) return true
  return [...rows].some(([read, moves]) => read !== root || moves.some(({ from }) => from !== null))
}

/** Rows of the shape that a touch may have let in or out. Null: too many to name. */
async function candidates(
  catalog: Catalog,
  part: Part,
  touch: Touch,
  view: View,
  cap: number,
): Promise<ReadonlySet<string> | null> {
  const [root] = part.across?.reads ?? []
  const ids = new Map<Read, Set<string>>()
  const note = (read: Read, list: readonly string[]) => {
    const known = ids.get(read) ?? new Set()
    for (const id of list) known.add(id)
    ids.set(read, known)
  }
  const ways: Expression[] = []
  for (const [read, list] of touch.ends) note(read, list)
  for (const [read, moves] of touch.rows) {
    const named = moves.map(({ id }) => id)
    const { from } = read
    if (!from) note(read, named)
    else if (from.by.kind === 'to') ways.push(reaching(read, named))
    else if (from.by.kind === 'back') note(from.read, pointedAt(moves, from.by.via))
    else {
      // The edge of a dead row is no way any more, so its other end is asked for.
      const { relation, end } = from.by
      const far = end === 'from' ? 'to' : 'from'
      const keys = await view.edges(catalog.relation(relation).number, far, named, view.head)
      note(
        from.read,
        keys.flatMap(key => parseEdgeKey(key)?.[end] ?? []),
      )
    }
  }
  const found = new Set(root ? ids.get(root) : [])
  for (const [read, list] of ids) if (read !== root && list.size) ways.push(reaching(read, [...list]))
  if (ways.length) {
    const where: Expression = { kind: 'or', of: ways }
    for (const id of await view.ids(part.shape.entity, where, { after: null, limit: cap + 1 })) found.add(id)
  }
  return found.size > cap ? null : found
}

/** The rows that children refer to by a to-one field, or did. */
function pointedAt(moves: readonly Transition[], via: string): readonly string[] {
  return moves.flatMap(({ from, to }) =>
    [from?.[via], to?.[via]].flatMap(id => (typeof id === 'string' ? [id] : [])),
  )
}

/**
 * The ids in a shape across relations at the head of a view, given those at the start of a chunk that ends there. Null:
 * more than `cap`.
 */
export async function idsAfter(
  catalog: Catalog,
  part: Part,
  touch: Touch,
  view: View,
  cap: number,
): Promise<ReadonlySet<string> | null> {
  const { shape, loaded, across } = part
  const moved = await candidates(catalog, part, touch, view, cap)
  if (moved === null) return idsAt(part, view, cap)
  const among: Expression = { kind: 'in', left: { kind: 'path', path: ['id'] }, values: [...moved] }
  const where: Expression = { kind: 'and', of: [among, shape.where] }
  const inside = moved.size ? await view.ids(shape.entity, where, { after: null, limit: cap + 1 }) : []
  const known = across?.ids ?? new Set()
  const now = new Set(inside.filter(id => covers(loaded, id)))
  const went = [...moved].filter(id => known.has(id) && !now.has(id))
  const came = [...now].filter(id => !known.has(id))
  if (!went.length && !came.length) return known
  const ids = new Set(known)
  for (const id of went) ids.delete(id)
  for (const id of came) ids.add(id)
  return ids.size > cap ? null : ids
}

/** The ids in a shape at the head, as far as it is loaded. Null: more than `cap`. */
export async function idsAt(
  { shape, loaded }: Part,
  view: View,
  cap: number,
): Promise<ReadonlySet<string> | null> {
  if (loaded.kind === 'nothing') return new Set()
  const ids = await view.ids(shape.entity, soFar(shape.where, loaded), { after: null, limit: cap + 1 })
  return ids.length > cap ? null : new Set(ids)
}

function soFar(where: Expression, loaded: Loaded): Expression {
  if (loaded.kind !== 'upTo') return where
  const id = { kind: 'path', path: ['id'] } as const
  return { kind: 'and', of: [{ kind: 'lte', left: id, right: { kind: 'value', value: loaded.id } }, where] }
}

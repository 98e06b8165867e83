import { addressKey } from '@zg/core/act/overlay'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { undo, visible } from '@zg/core/change/merge'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { Json } from '@zg/core/json'
import { rowOf } from '@zg/core/memory/rows'
import type { Entry, LogChunk } from '@zg/core/ports/storage'
import type { Row } from '@zg/core/query/query'

/** One row's images at both ends of a chunk; null = not there (yet, or any more). */
export interface Transition {
  readonly entity: string
  readonly id: string
  readonly from: Row | null
  readonly to: Row | null
  /** Its state at the end. */
  readonly instance: Instance
}

/** What each entry touches, by `addressKey`. */
export const keysOf = remembered((entries: readonly Entry[]) =>
  entries.map(({ change }) => addressKey(change)),
)

/** The first entry for each row and edge that a chunk touches, by `addressKey`. */
const firstsOf = remembered((entries: readonly Entry[]): ReadonlyMap<string, Entry> => {
  const firsts = new Map<string, Entry>()
  const keys = keysOf(entries)
  for (let i = 0; i < entries.length; i++) {
    const [key = '', entry] = [keys[i], entries[i]]
    if (entry && !firsts.has(key)) firsts.set(key, entry)
  }
  return firsts
})

/**
 * Images at the start of a chunk, by `addressKey`, of what it touches and did not give birth to: those at its end, undone newest
 * first.
 */
export const startsOf = remembered((chunk: LogChunk): ReadonlyMap<string, Instance> => {
  const { entries, images } = chunk
  const starts = new Map<string, Instance>()
  const [keys, firsts] = [keysOf(entries), firstsOf(entries)]
  for (let i = entries.length - 1; i >= 0; i--) {
    const [key = '', entry] = [keys[i], entries[i]]
    if (!entry || firsts.get(key)?.before === null) continue
    starts.set(key, undo(starts.get(key) ?? images.get(key) ?? NOTHING, entry.change, entry.before))
  }
  return starts
})

/**
 * What a chunk did to the rows it touches, net. Rows that came and went inside the chunk are left out.
 */
export function transitions(catalog: Catalog, chunk: LogChunk): readonly Transition[] {
  return transitionsBy(catalog)(chunk)
}

const transitionsBy = remembered((catalog: Catalog) => remembered((chunk: LogChunk) => moved(catalog, chunk)))

function moved(catalog: Catalog, chunk: LogChunk): readonly Transition[] {
  const starts = startsOf(chunk)
  const result: Transition[] = []
  firstsOf(chunk.entries).forEach(({ change }, key) => {
    const entity = catalog.entityByNumber(change.entity)
    if (!entity) return
    const from = image(entity, change.key, starts.get(key))
    const instance = chunk.images.get(key) ?? NOTHING
    const to = image(entity, change.key, instance)
    if (from || to) result.push({ entity: entity.name, id: change.key, from, to, instance })
  })
  return result
}

export function image(entity: EntityView, id: string, instance: Instance = NOTHING): Row | null {
  return visible(instance) ? rowOf(entity, id, instance) : null
}

/** The entities whose rows, or edges at either end, a chunk touches. */
export function touched(catalog: Catalog, chunk: LogChunk): ReadonlySet<string> {
  const names = new Set<string>()
  for (const number of new Set(chunk.entries.map(({ change }) => change.entity))) {
    const relation = catalog.relationByNumber(number)
    const entity = catalog.entityByNumber(number)
    if (entity) names.add(entity.name)
    if (relation) names.add(relation.from).add(relation.to)
  }
  return names
}

/** The rows of an entity that a chunk moves, by each value that a field of theirs has or had. */
export function byValue(
  catalog: Catalog,
  chunk: LogChunk,
  entity: string,
  field: string,
): ReadonlyMap<Json, readonly Transition[]> {
  const known = valuesBy(catalog)(chunk)
  const name = `${entity}.${field}`
  const found = known.get(name) ?? valuesOf(transitions(catalog, chunk), entity, field)
  known.set(name, found)
  return found
}

const valuesBy = remembered((_: Catalog) =>
  remembered((_chunk: LogChunk) => new Map<string, ReadonlyMap<Json, readonly Transition[]>>()),
)

function valuesOf(moves: readonly Transition[], entity: string, field: string) {
  const values = new Map<Json, Transition[]>()
  for (const move of moves) {
    if (move.entity !== entity) continue
    const sides = [move.from, move.to].flatMap(row => (row ? [row[field] ?? null] : []))
    for (const value of new Set(sides)) {
      const list = values.get(value) ?? []
      values.set(value, list)
      list.push(move)
    }
  }
  return values
}

/**
 * Chunks are shared by all who follow, and so is what is found out about them. It hangs on the chunk itself, where a copy does
 * not take it along: what a WeakMap holds lives until all memory is gone through, whatever became of its key.
 */
function remembered<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const name = Symbol('remembered')
  return key => {
    const { [name]: known } = key as { readonly [name]?: { readonly value: V } }
    if (known) return known.value
    const value = make(key)
    Object.defineProperty(key, name, { value: { value } })
    return value
  }
}

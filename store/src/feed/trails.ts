import type { Instance } from '@zg/core/change/instance'

/** So many trails are kept, and so many bytes of images on each. */
const TRAILS = 16
const BYTES = 1_024 * 1_024

/** Images at a position, by `addressKey`, the latest last; of a few rows. */
export type Trail = ReadonlyMap<string, Trailed>

interface Trailed {
  readonly image: Instance
  readonly bytes: number
}

/**
 * Images that walks through the log leave behind, for whoever goes on from there: a row that changes all the time is then
 * read once and not, with all that was to come, for every chunk.
 */
export interface Trails {
  /** Each is given once: whoever takes it goes on with it. */
  take(tenant: string, at: number): Trail
  leave(tenant: string, at: number, trail: Trail): void
}

export function createTrails(): Trails {
  const trails = new Map<string, Trail>()
  return {
    take: (tenant, at) => {
      const name = `${tenant}/${at}`
      const trail = trails.get(name) ?? new Map<string, Trailed>()
      trails.delete(name)
      return trail
    },
    leave: (tenant, at, trail) => {
      if (trail.size === 0) return
      trails.set(`${tenant}/${at}`, trail)
      for (const oldest of trails.keys()) {
        if (trails.size <= TRAILS) break
        trails.delete(oldest)
      }
    },
  }
}

/**
 * A trail taken on to the end of a chunk, whose images these are. Of rows that were touched only those are followed that had
 * to be read: most rows are made and then left alone. A new one each time: the tables that a Map outgrows would keep alive
 * what was in them until all memory is gone through. O(images).
 */
export function follow(
  trail: Trail,
  images: ReadonlyMap<string, Instance>,
  read: ReadonlySet<string>,
): Trail {
  const touched: [string, Trailed][] = []
  let bytes = 0
  const touch = (key: string): void => {
    const image = images.get(key)
    if (!image) return
    const one = { image, bytes: key.length + weightOf(image) }
    bytes += one.bytes
    touched.push([key, one])
  }
  trail.forEach((one, key) => {
    if (images.has(key)) touch(key)
    else bytes += one.bytes
  })
  read.forEach(touch)
  if (!touched.length) return trail
  const next = new Map<string, Trailed>()
  const add = (key: string, one: Trailed): void => {
    if (bytes > BYTES) bytes -= one.bytes
    else next.set(key, one)
  }
  for (const [key, one] of trail) if (!images.has(key)) add(key, one)
  for (const [key, one] of touched) add(key, one)
  return next
}

/** Characters of its values, about; it is asked of every row that changes. */
function weightOf({ cells }: Instance): number {
  let weight = 100
  for (const cell of Object.values(cells)) {
    weight += 50
    if (cell.kind !== 'register') weight += JSON.stringify(cell).length
    else if (typeof cell.value === 'string') weight += cell.value.length
    else if (typeof cell.value === 'object') weight += JSON.stringify(cell.value).length
  }
  return weight
}

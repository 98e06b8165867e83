import type { Address } from '@zg/core/act/needs'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply } from '@zg/core/change/merge'
import type { Entry } from '@zg/core/ports/storage'
import { holdsState } from '../codec.ts'
import { keysOf } from './images.ts'

/** Images at the end of a piece of the log. */
export interface Carried {
  /** By `addressKey`, of all that follows from the piece itself and from what is known. */
  readonly images: Map<string, Instance>
  /** What the piece touches besides. */
  readonly open: readonly Address[]
}

/**
 * Merges entries forward, as the writer did. Nothing need be read of what was born in them, nor of what died: a delete has
 * overwritten all of it. `known`: images at their beginning, by `addressKey`.
 * O(entries).
 */
export function carry(
  entries: readonly Entry[],
  known: (key: string) => Instance | undefined = () => undefined,
): Carried {
  const images = new Map<string, Instance>()
  const open = new Map<string, Address>()
  const keys = keysOf(entries)
  for (let i = 0; i < entries.length; i++) {
    const [key = '', entry] = [keys[i], entries[i]]
    if (!entry) continue
    const { change, before } = entry
    const from = before === null ? NOTHING : (images.get(key) ?? known(key))
    const state = from ?? (change.ops.some(({ kind }) => kind === 'delete') ? before : null)
    if (state === null) {
      open.set(key, change)
      continue
    }
    images.set(key, apply(state, change))
    if (open.size > 0) open.delete(key)
  }
  // An edge without tags is as good as none, and a storage keeps none.
  images.forEach((image, key) => {
    if (image.born === null && !holdsState(image)) images.set(key, NOTHING)
  })
  return { images, open: [...open.values()].map(({ entity, key }) => ({ entity, key })) }
}

import type { Hlc } from '../clock.ts'
import type { Instance } from '../instance.ts'

/** Birth is the smallest create: whichever order they come in, the minimum is the same. */
export function bear(born: Hlc | null, id: Hlc): Hlc {
  return born === null || id < born ? id : born
}

/**
 * Death absorbs: it blanks everything, and nothing that comes later (or came before) shows through. Of several
 * deletes the smallest stays, so that all replicas hold the same tombstone.
 */
export function bury(instance: Instance, id: Hlc): Instance {
  if (instance.dead !== null && instance.dead <= id) return instance
  return { born: null, dead: id, cells: {} }
}

/**
 * Places in a JSON document, as JSON Pointers (RFC 6901) through names of members: `/address/city`; the empty text is
 * the document itself. Each place has one pointer, so pointers are compared as texts.
 */

/** Names on the way. */
export const POINTER_DEPTH = 32

/** `__proto__` and `constructor` would change an object's nature wherever somebody copies it member by member. */
const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'constructor'])

export function isPointer(value: unknown): value is string {
  if (typeof value !== 'string' || /[\0\ud800-\udfff]/u.test(value)) return false
  if (!/^(?:\/(?:[^~/]|~[01])*)*$/u.test(value)) return false
  const names = namesOf(value)
  return names.length <= POINTER_DEPTH && !names.some(name => REFUSED.has(name))
}

export function namesOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Whether `outer` is `inner`, or leads to what holds it. */
export function holds(outer: string, inner: string): boolean {
  return inner.startsWith(outer) && (inner.length === outer.length || inner[outer.length] === '/')
}

/** Whether none of them is another one, or holds it. O(length). */
export function areApart(pointers: readonly string[]): boolean {
  const all = new Set(pointers)
  if (all.size < pointers.length) return false
  return pointers.every(pointer => {
    for (let at = pointer.lastIndexOf('/'); at >= 0; at = pointer.lastIndexOf('/', at - 1)) {
      if (all.has(pointer.slice(0, at))) return false
      if (at === 0) break
    }
    return true
  })
}

/** Plain JSON: all that may be stored, sent or compiled. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * The one textual form of a JSON value: keys sorted by code unit, no blanks, numbers as JavaScript prints
 * them (RFC 8785, for values that JSON can hold). Equal values give equal strings on every runtime.
 * `undefined` members are left out, as JSON.stringify does. Throws on numbers JSON cannot hold.
 */
export function canonical(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`JSON cannot hold the number ${value}`)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.keys(value)
    .filter(key => value[key] !== undefined)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

/** `Array.isArray` that narrows readonly lists. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * Lists as one text parameter each, cheaper than a driver's arrays: nothing is copied twice, and what needs no quotes
 * gets none.
 */

/** An array literal of numbers, booleans or uuids, for a parameter cast to such an array. */
export function plainArray(values: readonly (string | number | boolean)[]): string {
  return `{${values.join(',')}}`
}

/** An array literal of any texts, for a parameter cast to `text[]`. */
export function textArray(values: readonly (string | null)[]): string {
  let text = '{'
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null
    if (i > 0) text += ','
    text +=
      value === null ? 'NULL' : SPECIAL.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : `"${value}"`
  }
  return `${text}}`
}

const SPECIAL = /[\\"]/

/**
 * Values as lines of JSON, for `jsonList`. JSON knows no raw line break, so nothing is escaped once more, and the
 * server need not look at every character twice. Null is an empty line.
 */
export function jsonLines(values: readonly unknown[]): string {
  return values.map(value => (value === null ? '' : JSON.stringify(value))).join('\n')
}

/** SQL for the `text[]` that a parameter of `jsonLines` holds. */
export function jsonList(parameter: number): string {
  return `string_to_array($${parameter}::text, E'\\n', '')`
}

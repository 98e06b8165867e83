/**
 * A list from what Postgres prints: `{a,"b\"c",NULL,{d}}`, bounds such as `[0:1]=` left out. O(length). `element`
 * gives the value of one element.
 */
export function parseArray<T>(text: string, element: (text: string) => T): readonly ArrayValue<T>[] {
  const stack: ArrayValue<T>[][] = [[]]
  const token = /"((?:[^"\\]|\\.)*)"|([^",{}]+)|[{}]/gs
  for (const [whole, quoted, bare] of text.slice(text.indexOf('{')).matchAll(token)) {
    const list = stack.at(-1) ?? []
    if (quoted !== undefined) list.push(element(quoted.replace(/\\(.)/gs, '$1')))
    else if (bare !== undefined) list.push(bare === 'NULL' ? null : element(bare))
    else if (whole === '}') stack.pop()
    else {
      const inner: ArrayValue<T>[] = []
      list.push(inner)
      stack.push(inner)
    }
  }
  return stack[0]?.[0] as readonly ArrayValue<T>[]
}

type ArrayValue<T> = T | null | readonly ArrayValue<T>[]

/** The text of a list parameter, whatever the type of its elements. */
export function formatArray(list: readonly (string | number | boolean | null)[]): string {
  return `{${list.map(one => (one === null ? 'NULL' : `"${String(one).replace(/[\\"]/g, '\\$&')}"`)).join(',')}}`
}

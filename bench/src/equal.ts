import { isDeepStrictEqual } from 'node:util'

/** Throws unless both sides have said the same: a faster wrong answer is no figure. */
export function requireEqual(what: string, ours: unknown, reference: unknown): void {
  if (isDeepStrictEqual(ours, reference)) return
  throw new Error(
    `Not timed: ${what} differs.\n  ours:      ${excerpt(ours, reference)}\n  reference: ${excerpt(reference, ours)}`,
  )
}

/** From shortly before the first difference. */
function excerpt(value: unknown, other: unknown): string {
  const [text, against] = [value, other].map(one => JSON.stringify(one) ?? String(one)) as [string, string]
  let at = 0
  while (at < text.length && text[at] === against[at]) at++
  return `${at > 40 ? '...' : ''}${text.slice(Math.max(0, at - 40), at + 160)}`
}

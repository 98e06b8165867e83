/** Replace `remove` UTF-16 units at `at` of the old text by `insert`. */
export interface Hunk {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/** More edited words than this and the differing middle is replaced whole: the search costs the square of it. */
const EDIT_LIMIT = 400

/**
 * What turns one text into another, in order, hunks apart from each other. Words are the unit (so that two people
 * who change one word change the word), then each hunk is trimmed to what differs. Myers, "An O(ND) difference
 * algorithm" (1986), by words between the common ends; O(words * edits), at most EDIT_LIMIT edits. Never cuts a
 * surrogate pair.
 */
export function diffText(before: string, after: string): readonly Hunk[] {
  const { old, now, at: start } = differing(words(before), words(after))
  const path = shortest(old, now) ?? [{ kept: 0, removed: lengthOf(old), inserted: now.join('') }]
  const hunks: Hunk[] = []
  let at = start
  for (const { kept, removed, inserted } of path) {
    at += kept
    const hunk = trimmed(before, { at, remove: removed, insert: inserted })
    if (hunk) hunks.push(hunk)
    at += removed
  }
  return hunks
}

/** The words between the common beginning, `at` units long, and the common end. */
function differing(before: readonly string[], after: readonly string[]) {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head++
  let tail = 0
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  return {
    old: before.slice(head, before.length - tail),
    now: after.slice(head, after.length - tail),
    at: lengthOf(before.slice(0, head)),
  }
}

function lengthOf(list: readonly string[]): number {
  return list.reduce((sum, word) => sum + word.length, 0)
}

/** Letters and digits hang together; everything else stands alone. */
function words(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}\p{M}_]+|\s+|[\s\S]/gu) ?? []
}

/** Without what both sides begin and end with; null if nothing is left. */
function trimmed(before: string, { at, remove, insert }: Hunk): Hunk | null {
  const old = before.slice(at, at + remove)
  const most = Math.min(old.length, insert.length)
  let head = 0
  while (head < most && old[head] === insert[head]) head++
  if (splitsPair(old, head) || splitsPair(insert, head)) head--
  let tail = 0
  while (tail < most - head && old[old.length - 1 - tail] === insert[insert.length - 1 - tail]) tail++
  if (splitsPair(old, old.length - tail) || splitsPair(insert, insert.length - tail)) tail--
  if (head === old.length && head === insert.length) return null
  return { at: at + head, remove: old.length - head - tail, insert: insert.slice(head, insert.length - tail) }
}

function splitsPair(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false
  return isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at))
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** Keep so many units, then put `inserted` for the next `removed` ones. */
interface Step {
  kept: number
  removed: number
  inserted: string
}

/** The shortest way from one list of words to the other; null if it has more than EDIT_LIMIT edits. */
function shortest(old: readonly string[], now: readonly string[]): readonly Step[] | null {
  const most = Math.min(old.length + now.length, EDIT_LIMIT)
  const reach: number[] = []
  const get = (line: readonly number[], k: number): number => line[k + most + 1] ?? -1
  const trace: number[][] = []
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reach.slice())
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && get(reach, k - 1) < get(reach, k + 1))
      let x = edits === 0 ? 0 : down ? get(reach, k + 1) : get(reach, k - 1) + 1
      while (x < old.length && x - k < now.length && old[x] === now[x - k]) x++
      reach[k + most + 1] = x
      if (x >= old.length && x - k >= now.length)
        return walkBack(old, now, trace, (line, at) => get(line, at))
    }
  }
  return null
}

function walkBack(
  old: readonly string[],
  now: readonly string[],
  trace: readonly (readonly number[])[],
  get: (line: readonly number[], k: number) => number,
): readonly Step[] {
  const edits: { readonly x: number; readonly y: number; readonly kind: 'remove' | 'insert' }[] = []
  let x = old.length
  let y = now.length
  for (let d = trace.length - 1; d > 0; d--) {
    const line = trace[d] ?? []
    const k = x - y
    const down = k === -d || (k !== d && get(line, k - 1) < get(line, k + 1))
    const fromX = down ? get(line, k + 1) : get(line, k - 1)
    const fromY = fromX - (down ? k + 1 : k - 1)
    edits.push({ x: fromX, y: fromY, kind: down ? 'insert' : 'remove' })
    x = fromX
    y = fromY
  }
  return steps(old, now, edits.reverse())
}

/** Edits that touch each other become one step. */
function steps(
  old: readonly string[],
  now: readonly string[],
  edits: readonly { readonly x: number; readonly y: number; readonly kind: 'remove' | 'insert' }[],
): readonly Step[] {
  const found: Step[] = []
  let at = 0
  for (const { x, y, kind } of edits) {
    const kept = lengthOf(old.slice(at, x))
    let step = found.at(-1)
    if (!step || kept > 0) {
      step = { kept, removed: 0, inserted: '' }
      found.push(step)
    }
    if (kind === 'insert') step.inserted += now[y] ?? ''
    else step.removed += (old[x] ?? '').length
    at = kind === 'remove' ? x + 1 : x
  }
  return found
}

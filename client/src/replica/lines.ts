import type { Json } from '@zg/core/json'

/** A record as one line that shows whether it was written whole: `<checksum> <JSON>`. */
export function lineOf(record: Json): string {
  const text = JSON.stringify(record)
  return `${checksum(text)} ${text}\n`
}

export interface Lines {
  readonly records: readonly Json[]
  /** What of the file is good, if its end was torn off by a crash; null: all of it. */
  readonly good: string | null
  /** Good lines stand behind a bad one: no crash does that. */
  readonly damaged: boolean
}

/** The records of a file, up to the first line that was not written whole. O(length). */
export function linesOf(file: string): Lines {
  const records: Json[] = []
  let at = 0
  while (at < file.length) {
    const end = file.indexOf('\n', at)
    const record = end < 0 ? undefined : recordOf(file.slice(at, end))
    if (record === undefined) {
      const rest = end < 0 ? [] : file.slice(end + 1).split('\n')
      return {
        records,
        good: file.slice(0, at),
        damaged: rest.some(line => recordOf(line) !== undefined),
      }
    }
    records.push(record)
    at = end + 1
  }
  return { records, good: null, damaged: false }
}

function recordOf(line: string): Json | undefined {
  const text = line.slice(9)
  if (line.charAt(8) !== ' ' || line.slice(0, 8) !== checksum(text)) return undefined
  return JSON.parse(text)
}

/** FNV-1a (Fowler, Noll, Vo) of the UTF-16 code units, 32 bits: tells torn from whole, not friend from foe. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

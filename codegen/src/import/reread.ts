/**
 * Text that was decoded with the wrong table, read again with the right one: `Déj‡ Vu` whose bytes are
 * windows-1252 but were read as macintosh. Both are single-byte encodings of the Encoding Standard.
 */
export interface Reread {
  /** The repaired text, or the same where it is ASCII or cannot have come from the wrong table. */
  read(text: string): string
}

/** Returns what is wrong as text when a name is no single-byte encoding. */
export function reread(wrong: string, right: string): Reread | string {
  const from = table(wrong)
  const to = table(right)
  if (!from) return `"${wrong}" is no single-byte encoding that is known here`
  if (!to) return `"${right}" is no single-byte encoding that is known here`
  const bytes = new Map(from.map((char, byte) => [char, byte]))
  return { read: text => repair(text, bytes, to) }
}

function repair(text: string, bytes: ReadonlyMap<string, number>, to: readonly string[]): string {
  const chars: string[] = []
  for (const char of text) {
    const byte = bytes.get(char)
    if (byte === undefined) return text
    chars.push(to[byte] ?? '')
  }
  return chars.join('')
}

/** The character of each of the 256 bytes, or null. */
function table(encoding: string): readonly string[] | null {
  try {
    const decoder = new TextDecoder(encoding)
    const chars = Array.from({ length: 256 }, (_, byte) => decoder.decode(Uint8Array.of(byte)))
    return new Set(chars).size === 256 && chars.every(char => char.length === 1) ? chars : null
  } catch {
    return null
  }
}

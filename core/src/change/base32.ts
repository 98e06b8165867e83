/** Crockford's alphabet: no I, L, O, U. In ASCII order, so texts of one length sort as their bits do. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** What each character code stands for, or -1. Upper case only: one value has one spelling. */
const VALUES: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/** 128 bits in 26 characters (130 bits, the first two zero), as ULIDs do. */
const WIDE_BYTES = 16
const WIDE_CHARS = 26
const WIDE_LEAD = 2

/**
 * The bits of `bytes`, most significant first, in groups of five; what is left over at the end is dropped.
 * `lead` zero bits go in front. O(bytes).
 */
export function base32(bytes: Uint8Array, lead = 0): string {
  let text = ''
  let pending = 0
  let bits = lead
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(pending >>> bits) & 31]
    }
  }
  return text
}

/** 16 bytes as 26 characters; byte order = text order. Throws on another length. */
export function encode128(bytes: Uint8Array): string {
  if (bytes.length !== WIDE_BYTES) throw new RangeError(`Expected 16 bytes, got ${bytes.length}`)
  return base32(bytes, WIDE_LEAD)
}

/** The inverse of `encode128`; null for anything that it would not have written. */
export function decode128(text: string): Uint8Array | null {
  if (text.length !== WIDE_CHARS) return null
  const bytes = new Uint8Array(WIDE_BYTES)
  let pending = 0
  let bits = -WIDE_LEAD
  let at = 0
  for (let i = 0; i < WIDE_CHARS; i++) {
    const value = digit(text, i)
    if (value < 0 || (i === 0 && value > 7)) return null
    pending = ((pending << 5) | value) & 0x1fff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = pending >>> bits
    }
  }
  return bytes
}

/** `count` digits of a non-negative integer below 2^53; division, because shifts stop at 32 bits. */
export function digits(value: number, count: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < count; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** The value of one character, or -1. */
export function digit(text: string, index: number): number {
  return VALUES[text.charCodeAt(index)] ?? -1
}

/** The alphabet of RFC 4648 section 5, without padding: safe in URLs, headers and file names. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** What each character code stands for; undefined for the others. */
const VALUES: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code))
  return value < 0 ? undefined : value
})

/** The UTF-8 of a text as base64url. O(length). */
export function encodeText(text: string): string {
  return encodeBytes(new TextEncoder().encode(text))
}

/** Bytes as base64url, without padding. O(length). */
export function encodeBytes(bytes: Uint8Array): string {
  let encoded = ''
  let pending = 0
  let bits = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0x3fff
    bits += 8
    while (bits >= 6) {
      bits -= 6
      encoded += ALPHABET[(pending >>> bits) & 63]
    }
  }
  return bits > 0 ? encoded + ALPHABET[(pending << (6 - bits)) & 63] : encoded
}

/** The inverse of `encodeText`; null for anything that it would not have written. O(length). */
export function decodeText(encoded: string): string | null {
  const bytes = decodeBytes(encoded)
  return bytes && utf8(bytes)
}

/** The bytes behind base64url; null where the text is not their one form (no padding, no stray bits). O(length). */
export function decodeBytes(encoded: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((encoded.length * 6) / 8))
  let pending = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < encoded.length; i++) {
    const value = VALUES[encoded.charCodeAt(i)]
    if (value === undefined) return null
    pending = ((pending << 6) | value) & 0x3fff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = pending >>> bits
    }
  }
  // One character alone holds no byte, and the bits that fill up the last one are zero.
  if (bits === 6 || (pending & ((1 << bits) - 1)) !== 0) return null
  return bytes
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

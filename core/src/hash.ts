import { sha256 } from './sha256.ts'

/** SHA-256 of the text's UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return hexOf(sha256(new TextEncoder().encode(text)))
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

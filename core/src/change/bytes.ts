import { hexOf } from '../hash.ts'
import { canonical, type Json } from '../json.ts'
import { sha256 } from '../sha256.ts'
import type { Change } from './change.ts'

/**
 * The one byte form of a change: UTF-8 of its canonical JSON (CHANGE.md). Equal changes give equal bytes on every
 * runtime; these are what is hashed, and later signed.
 */
export function changeBytes(change: Change): Uint8Array {
  return new TextEncoder().encode(canonical(change as unknown as Json))
}

/** SHA-256 of the canonical bytes, 64 lower-case hex digits. */
export function changeHash(change: Change): string {
  return hexOf(sha256(changeBytes(change)))
}

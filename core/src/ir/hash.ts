import { sha256Hex } from '../hash.ts'
import { canonical, type Json } from '../json.ts'
import type { ModelIR } from './ir.ts'

/** The identity of a model: SHA-256 of its canonical JSON, as 64 hex digits. Every change names it. */
export function modelHash(model: ModelIR): string {
  // The IR is plain JSON by contract (its round trip is tested); interfaces lack the index signature that says so.
  return sha256Hex(canonical(model as unknown as Json))
}

import { canonical, type Json } from '../json.ts'
import { sha256Hex } from '../hash.ts'
import type { Act } from './act.ts'

/**
 * Identifies what a mutation asks for, so that a retry under the same mutation id is told from another mutation.
 * Ids made for this call are left out: a retry carries fresh ones. 64 hex digits.
 */
export function bodyHash(acts: readonly Act[]): string {
  const body = acts.map((act): Json => {
    if (act.kind === 'delete') return [act.kind, act.entity, act.id]
    const fields = act.fields as unknown as Json
    return [act.kind, act.entity, act.kind === 'create' && act.generated ? null : act.id, fields]
  })
  return sha256Hex(canonical(body))
}

import { parseEdgeKey } from '../change/id.ts'
import type { Act } from './act.ts'
import type { Address, Needs } from './needs.ts'

/** What acts ask for, and of what they ask for the rows and edges that nobody can have made before. */
export interface Parted {
  readonly needs: Needs
  readonly fresh: readonly Address[]
}

/**
 * Parts rows whose ids these acts' author has made at random, and edges to such rows, from what must be looked for. Only
 * for acts whose author is trusted: others may call any id generated. O(needs).
 */
export function partFresh(acts: readonly Act[], needs: Needs): Parted {
  const made = new Set(acts.flatMap(act => (act.kind === 'create' && act.generated ? act.id : [])))
  if (made.size === 0) return { needs, fresh: [] }
  const isFresh = ({ key }: Address): boolean => {
    if (made.has(key)) return true
    const ends = parseEdgeKey(key)
    return ends !== null && (made.has(ends.from) || made.has(ends.to))
  }
  return {
    needs: { ...needs, instances: needs.instances.filter(address => !isFresh(address)) },
    fresh: needs.instances.filter(isFresh),
  }
}

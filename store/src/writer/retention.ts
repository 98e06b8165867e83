import type { Expiry } from '@zg/core/ports/storage'

/** What the client is called of whom only a mutation id is known. No client of a push may be called so. */
export const BY_MUTATION_ID = 'id:'
/** How long (ms) the verdict of a mutation id is kept at least: 30 days. */
const VERDICTS_KEPT = 30 * 24 * 60 * 60 * 1_000
/** A tenant's old verdicts are looked for at most this often (ms), by each gateway... */
const EVERY = 60_000
/** ...and at most this many are deleted, so that no batch is held up. */
const AT_ONCE = 10_000

/** Says when a batch should also delete what is no longer kept. */
export interface Retention {
  due(tenant: string, now: number): Expiry | undefined
}

export function createRetention(): Retention {
  const last = new Map<string, number>()
  return {
    due: (tenant, now) => {
      const before = last.get(tenant)
      if (before !== undefined && now - before < EVERY) return undefined
      // Tenants that have come to rest need not be remembered: their next batch may look again.
      for (const [other, at] of last) if (now - at >= EVERY) last.delete(other)
      last.set(tenant, now)
      return { clients: BY_MUTATION_ID, before: now - VERDICTS_KEPT, limit: AT_ONCE }
    },
  }
}

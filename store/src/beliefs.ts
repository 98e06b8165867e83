import type { Head } from '@zg/core/ports/storage'

/** After another gateway wrote into a tenant, its head is not guessed for so long (ms): two would only get into each other's way. */
const CAUTION = 1_000
/** What the database's clock said is gone on from for so long (ms). */
const CLOCK_KEPT = 10_000
/** Of more tenants than this the heads are not remembered. */
const MOST = 10_000

/** Heads and the database's clock, as this gateway last saw them. */
export interface Beliefs {
  /** Null: one of them is not known, or another gateway writes there, too. */
  heads(tenants: readonly string[]): ReadonlyMap<string, Head> | null
  /** The database's clock (ms since 1970); null: it was not read lately. */
  now(): number | null
  /** As committed. */
  learn(heads: ReadonlyMap<string, Head>, now: number): void
  /** Of these nobody can tell any more. */
  forget(tenants: readonly string[]): void
  /** What was believed of these is wrong. */
  doubt(tenants: readonly string[]): void
}

/** `elapsed`: ms since anything, never stepping back. */
export function createBeliefs(elapsed: () => number): Beliefs {
  const known = new Map<string, Head>()
  const doubted = new Map<string, number>()
  let clock: { readonly said: number; readonly at: number } | null = null

  const isDoubted = (tenant: string): boolean => {
    const since = doubted.get(tenant)
    if (since === undefined) return false
    if (elapsed() - since < CAUTION) return true
    doubted.delete(tenant)
    return false
  }

  const forget = (tenants: readonly string[]): void => {
    for (const tenant of tenants) known.delete(tenant)
  }

  return {
    heads: tenants => {
      const found = new Map<string, Head>()
      for (const tenant of tenants) {
        const head = known.get(tenant)
        if (!head || isDoubted(tenant)) return null
        found.set(tenant, head)
      }
      return found
    },
    now: () => (clock && elapsed() - clock.at < CLOCK_KEPT ? clock.said + elapsed() - clock.at : null),
    learn: (heads, now) => {
      if (known.size > MOST) known.clear()
      for (const [tenant, head] of heads) known.set(tenant, head)
      clock = { said: now, at: elapsed() }
    },
    forget,
    doubt: tenants => {
      forget(tenants)
      if (doubted.size > MOST) doubted.clear()
      for (const tenant of tenants) doubted.set(tenant, elapsed())
    },
  }
}

import type { Fold } from '@zg/core/ports/storage'
import type { Mutation, Outcome } from '@zg/core/ports/writer'
import type { Prepared } from '../text/prepare.ts'

/** A mutation on its way, and its caller. */
export interface Pending {
  readonly mutation: Mutation
  /** Its edits of texts, prepared; absent: it has none. */
  readonly texts?: Prepared
  /** What the writer itself saves with the next batch, instead of a mutation: its acts are none. */
  readonly folds?: readonly Fold[]
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** Mutations by tenant, first come first served within one; tenants take turns. */
export interface Queue {
  readonly size: number
  /** Throws a TypeError for what has no list of acts. */
  push(pending: Pending): void
  /**
   * Mutations from the front with about `limit` acts in all, one mutation at least: the tenants share it in equal
   * parts, starting with the one that has waited longest for its turn. They stay queued until `settle`.
   */
  next(limit: number): readonly Pending[]
  /** The front of one tenant's queue. */
  nextOf(tenant: string, limit: number): readonly Pending[]
  settle(done: readonly Pending[]): void
}

export function createQueue(): Queue {
  const tenants = new Map<string, Pending[]>()
  let size = 0

  return {
    get size() {
      return size
    },
    push: pending => {
      const { scope, acts } = pending.mutation
      if (!Array.isArray(acts)) throw new TypeError('A mutation has a list of acts')
      const { tenant } = scope
      const waiting = tenants.get(tenant)
      if (waiting) waiting.push(pending)
      else tenants.set(tenant, [pending])
      size++
    },
    next: limit => {
      const share = Math.max(1, Math.floor(limit / Math.max(1, tenants.size)))
      return front(
        [...tenants.values()].flatMap(waiting => front(waiting, share)),
        limit,
      )
    },
    nextOf: (tenant, limit) => front(tenants.get(tenant) ?? [], limit),
    settle: done => {
      const gone = new Set(done)
      for (const tenant of new Set(done.map(pending => pending.mutation.scope.tenant))) {
        const rest = (tenants.get(tenant) ?? []).filter(pending => !gone.has(pending))
        // Deleting first moves the tenant behind all others: its turn is over.
        tenants.delete(tenant)
        if (rest.length) tenants.set(tenant, rest)
      }
      size -= gone.size
    },
  }
}

/** The first one, and those behind it while all together have at most `limit` acts. */
function front(waiting: readonly Pending[], limit: number): readonly Pending[] {
  let acts = 0
  const end = waiting.findIndex(({ mutation }, i) => {
    acts += Math.max(1, mutation.acts.length)
    return i > 0 && acts > limit
  })
  return end < 0 ? waiting.slice() : waiting.slice(0, end)
}

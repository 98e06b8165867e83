import type { Host } from './host.ts'
import { type Pending, type Queue, scopeOf } from './queue.ts'
import type { Replies } from './replies.ts'

/** About this many acts at most are judged and committed together. */
const BATCH_LIMIT = 512
/** Fewer are not parted: a batch has its own price. */
const PARTED = 64
/** So few acts are soon done, unless many others keep the thread meanwhile. */
const SMALL = 8
/** A tenant locked by another gateway this long (ms) gets a batch of its own that waits for the lock. */
const PATIENCE = 50
/** Pause (ms) before a tenant that was locked elsewhere is tried again. */
const RETRY = 5

/**
 * Commits what it can get the locks for and answers those callers; returns who was answered. `wait`: for locks held
 * elsewhere, too.
 */
export type Attempt = (chosen: readonly Pending[], wait: boolean) => Promise<readonly Pending[]>

export interface LanesOptions {
  readonly queue: Queue
  readonly host: Host
  /** Batches in flight at once, beside the one that waits for another gateway's lock. */
  readonly count: number
  readonly replies: Pick<Replies, 'left'>
  readonly attempt: Attempt
  /** A lane met a bug. Must leave the queue empty. */
  readonly abandon: (error: unknown) => void
}

/** What takes batches from the queue. */
export interface Lanes {
  /** The queue has more of this tenant. */
  wake(tenant: string): void
  /** A small batch is under way: whoever has a large one lets others have their turns more often. */
  readonly hurried: boolean
  /** Resolves when nothing is left to do. */
  idle(): Promise<void>
}

/**
 * Each lane takes a batch, commits it, and takes the next; no tenant is in two batches at once. So one that floods keeps
 * its own lane busy, and whoever comes meanwhile finds another.
 */
export function createLanes({ queue, host, count, replies, attempt, abandon }: LanesOptions): Lanes {
  const busy = new Set<string>()
  /** Tenants that were locked elsewhere: since when, and when they may be tried again. */
  const locked = new Map<string, { readonly since: number; readonly again: number }>()
  const active = new Set<Promise<void>>()
  let lanes = 0
  /** Lanes that have a batch. */
  let serving = 0
  let small = 0
  let waits = false
  let rests = false

  const start = (work: () => Promise<void>): void => {
    const running: Promise<void> = work()
      .catch(abandon)
      .finally(() => active.delete(running))
    active.add(running)
  }

  const isOpen = (tenant: string): boolean => {
    const lock = locked.get(tenant)
    return !busy.has(tenant) && (lock === undefined || host.now() >= lock.again)
  }

  const serve = async (chosen: readonly Pending[], wait: boolean): Promise<void> => {
    const tenants = new Set(chosen.map(tenantOf))
    for (const tenant of tenants) busy.add(tenant)
    const isSmall = chosen.length <= SMALL
    if (isSmall) small++
    try {
      const answered = await attempt(chosen, wait)
      queue.settle(answered)
      const served = new Set(answered.map(tenantOf))
      const now = host.now()
      for (const tenant of tenants) {
        if (served.has(tenant)) locked.delete(tenant)
        else locked.set(tenant, { since: locked.get(tenant)?.since ?? now, again: now + RETRY })
      }
    } finally {
      for (const tenant of tenants) busy.delete(tenant)
      if (isSmall) small--
    }
  }

  /**
   * Where the database works beside us a batch is half of what there is, so that one half is read and answered here while
   * the other is written there; and tenants are shared out among the lanes that are free.
   */
  const choose = (): readonly Pending[] => {
    if (count === 1) return queue.next(BATCH_LIMIT, isOpen)
    const half = Math.ceil((queue.steps + replies.left) / 2)
    const limit = Math.min(BATCH_LIMIT, Math.max(PARTED, half))
    return queue.next(limit, isOpen, Math.ceil(queue.open(isOpen) / Math.max(1, count - serving)))
  }

  const lane = async (): Promise<void> => {
    lanes++
    try {
      while (true) {
        await host.breathe()
        waitForStarving()
        const chosen = choose()
        if (chosen.length === 0) break
        serving++
        const served = serve(chosen, false)
        // Who is left over need not wait for this batch.
        if (lanes < count && queue.open(isOpen) > 0) start(lane)
        await served.finally(() => serving--)
      }
    } finally {
      lanes--
    }
    rest()
  }

  /** One at a time stands before another gateway's lock; nobody else waits for it. */
  const waitForStarving = (): void => {
    if (waits) return
    const now = host.now()
    const starving = [...locked].find(([tenant, { since }]) => now - since >= PATIENCE && !busy.has(tenant))
    if (!starving) return
    const [tenant] = starving
    const chosen = queue.nextOf(tenant, BATCH_LIMIT)
    locked.delete(tenant)
    if (chosen.length === 0) return
    waits = true
    start(async () => {
      try {
        await serve(chosen, true)
      } finally {
        waits = false
      }
      wake(tenant)
    })
  }

  /** Comes back to those who are locked elsewhere, when nothing else calls. */
  const rest = (): void => {
    if (rests || lanes > 0 || locked.size === 0) return
    rests = true
    start(async () => {
      await host.sleep(RETRY)
      rests = false
      for (const tenant of locked.keys()) wake(tenant)
    })
  }

  const wake = (tenant: string): void => {
    if (lanes < count && !busy.has(tenant)) start(lane)
  }

  return {
    wake,
    get hurried() {
      return small > 0
    },
    idle: async () => {
      while (active.size) await Promise.all(active)
    },
  }
}

function tenantOf(pending: Pending): string {
  return scopeOf(pending).tenant
}

import type { Host } from './host.ts'
import { type Pending, type Queue, scopeOf } from './queue.ts'
import type { Replies } from './replies.ts'

/** A tenant locked by another gateway this long (ms) gets a batch of its own that waits for the lock. */
const PATIENCE = 50
/** Pause (ms) before a tenant that was locked elsewhere is tried again. */
const RETRY = 5

/** How a batch goes its way. */
export interface Way {
  /** For locks held elsewhere, too. */
  readonly wait: boolean
  /** As in `BatchOptions`. */
  readonly behind?: Promise<void>
  readonly onSent?: () => void
}

/** Commits what it can get the locks for and answers those callers; returns who was answered. */
export type Attempt = (chosen: readonly Pending[], way: Way) => Promise<readonly Pending[]>

/** Somebody was left out of the batch before: whoever stands behind it must not be done before him. */
export class LeftOut extends Error {}

/** How many acts a batch has, about, and how many batches a row. */
export interface BatchSizes {
  /** So many mutations at most are soon done, unless many others keep the thread, or the database, meanwhile. */
  readonly small: number
  /** Fewer are not parted, and wait until the batch before theirs is answered: a batch has its own price. */
  readonly worth: number
  readonly most: number
  /** So many follow each other without a pause at most: behind them their connection is free, and may be renewed. */
  readonly row: number
}

export interface LanesOptions {
  readonly queue: Queue
  readonly host: Host
  /** Batches in flight at once, beside the one that waits for another gateway's lock. */
  readonly count: number
  readonly sizes: BatchSizes
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

/** A batch under way. */
interface Serving {
  readonly tenants: ReadonlySet<string>
  readonly isSmall: boolean
  /** Resolves when it is over, and says whether everybody was answered. */
  readonly ended: Promise<boolean>
  /** Resolves when it is over, or on its way so that another one may follow. */
  readonly sent: Promise<unknown>
  isSent: boolean
  over: boolean
  /** Of its tenants there is more. */
  onMore(): void
}

/**
 * Each lane takes a batch, commits it, and takes the next. While one is on its way the next of the same tenants may be judged and
 * sent behind it; two lanes never have the same tenant. So one that floods keeps its own lane busy, and whoever comes meanwhile finds another.
 */
export function createLanes({ queue, host, count, sizes, replies, attempt, abandon }: LanesOptions): Lanes {
  /** The last batch of each tenant that has one. */
  const busy = new Map<string, Serving>()
  /** Tenants that were locked elsewhere: since when, and when they may be tried again. */
  const locked = new Map<string, { readonly since: number; readonly again: number }>()
  const active = new Set<Promise<unknown>>()
  let lanes = 0
  /** Lanes that have a batch. */
  let serving = 0
  let small = 0
  let waits = false
  let rests = false

  const start = (work: () => Promise<unknown>): void => {
    const running: Promise<unknown> = work()
      .catch(abandon)
      .finally(() => active.delete(running))
    active.add(running)
  }

  const isOpen = (tenant: string): boolean => {
    const lock = locked.get(tenant)
    return !busy.has(tenant) && (lock === undefined || host.now() >= lock.again)
  }

  const serve = (chosen: readonly Pending[], wait: boolean, before: Serving | null = null): Serving => {
    const tenants = new Set(chosen.map(tenantOf))
    const isSmall = chosen.length <= sizes.small
    if (isSmall) small++
    let onSent = (): void => {}
    const sent = new Promise<void>(resolve => (onSent = resolve))
    const run = async (): Promise<boolean> => {
      let answered: readonly Pending[] = []
      try {
        answered = await attempt(chosen, {
          wait,
          ...(before ? { behind: everybodyOf(before) } : {}),
          onSent: () => {
            mine.isSent = true
            onSent()
          },
        })
        const served = new Set(answered.map(tenantOf))
        const now = host.now()
        for (const tenant of tenants) {
          if (served.has(tenant)) locked.delete(tenant)
          else locked.set(tenant, { since: locked.get(tenant)?.since ?? now, again: now + RETRY })
        }
        return answered.length === chosen.length
      } finally {
        queue.settle(chosen, answered)
        mine.over = true
        for (const tenant of tenants) if (busy.get(tenant) === mine) busy.delete(tenant)
        if (isSmall) small--
      }
    }
    // Begun behind this turn, when it is known as theirs.
    const ended = Promise.resolve().then(run)
    const mine: Serving = {
      tenants,
      isSmall,
      ended,
      sent: Promise.race([sent, ended]),
      isSent: false,
      over: false,
      onMore: () => {},
    }
    for (const tenant of tenants) busy.set(tenant, mine)
    start(() => ended)
    return mine
  }

  /**
   * Where the database works beside us a batch is half of what there is, so that one half is read and answered here while
   * the other is written there; and tenants are shared out among the lanes that are free.
   */
  const choose = (): readonly Pending[] => {
    if (count === 1) return queue.next(sizes.most, isOpen)
    return queue.next(half(), isOpen, Math.ceil(queue.open(isOpen) / Math.max(1, count - serving)))
  }

  /**
   * Of the same tenants, and only what is worth a batch of its own: the others wait until the one before is answered. Nor
   * while another small batch is under way, which would have to share the database with both.
   */
  const follow = ({ tenants, isSmall, isSent }: Serving): readonly Pending[] => {
    if (!isSent || small > (isSmall ? 1 : 0) || queue.waiting(tenants) < sizes.worth) return []
    return queue.next(half(), tenant => tenants.has(tenant) && !locked.has(tenant))
  }

  const half = (): number => {
    return Math.min(sizes.most, Math.max(sizes.worth, Math.ceil((queue.steps + replies.left) / 2)))
  }

  const lane = async (): Promise<void> => {
    lanes++
    let last: Serving | null = null
    let row = 0
    try {
      while (true) {
        await host.breathe()
        waitForStarving()
        if (last?.over) {
          last = null
          serving--
        }
        if (!last) row = 0
        const chosen: readonly Pending[] = !last ? choose() : row < sizes.row ? follow(last) : []
        if (chosen.length > 0) {
          row++
          const before: Serving | null = last
          if (!before) serving++
          last = serve(chosen, false, before)
          // Who is left over need not wait for this batch.
          if (lanes < count && queue.open(isOpen) > 0) start(lane)
          await before?.ended
          await last.sent
        } else if (last) {
          const more = new Promise<void>(resolve => ((last as Serving).onMore = resolve))
          await Promise.race([last.ended, more])
        } else break
      }
    } finally {
      if (last) serving--
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
    const chosen = queue.nextOf(tenant, sizes.most)
    locked.delete(tenant)
    if (chosen.length === 0) return
    waits = true
    start(async () => {
      try {
        await serve(chosen, true).ended
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
    const batch = busy.get(tenant)
    if (batch) batch.onMore()
    else if (lanes < count) start(lane)
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

/** Rejects if somebody was left out. */
function everybodyOf({ ended }: Serving): Promise<void> {
  const all = ended.then(everybody => {
    if (!everybody) throw new LeftOut()
  })
  all.catch(() => {})
  return all
}

import type { Scope } from '@zg/core/ports/scope'
import type { Fold } from '@zg/core/ports/storage'
import type { Mutation, Push, PushAnswer } from '@zg/core/ports/writer'
import type { Prepared } from '../text/prepare.ts'
import type { PreparedPush } from '../text/preparePush.ts'
import type { Request } from './request.ts'

/** What somebody wants done, and waits for. */
export interface Pending {
  readonly task: Task
  readonly request: Request
  resolve(answer: PushAnswer): void
  reject(error: unknown): void
}

/** `texts`: its edits of texts, prepared; absent: it has none. */
export type Task =
  | { readonly kind: 'mutation'; readonly mutation: Mutation; readonly texts?: Prepared }
  | { readonly kind: 'push'; readonly push: Push; readonly texts?: PreparedPush }
  /** What the writer itself saves with the next batch. */
  | { readonly kind: 'folds'; readonly scope: Scope; readonly folds: readonly Fold[] }

export function scopeOf({ task }: Pick<Pending, 'task'>): Scope {
  if (task.kind === 'folds') return task.scope
  return task.kind === 'push' ? task.push.scope : task.mutation.scope
}

/** Mutations by tenant, first come first served within one; tenants take turns. */
export interface Queue {
  readonly size: number
  /** Their acts and changes. */
  readonly steps: number
  /** How many of the tenants that wait are open. O(tenants). */
  open(isOpen: (tenant: string) => boolean): number
  /** Throws a TypeError for what has no list of acts or changes. */
  push(pending: Pending): void
  /**
   * Mutations from the front with about `limit` acts or changes in all, one mutation at least, of at most so many
   * tenants that are open: they share it in equal parts, starting with the one that has waited longest for its turn.
   * They stay queued until `settle`. O(what is taken, and the tenants).
   */
  next(limit: number, isOpen?: (tenant: string) => boolean, tenants?: number): readonly Pending[]
  /** The front of one tenant's queue. */
  nextOf(tenant: string, limit: number): readonly Pending[]
  /** Takes them out, each tenant's from its front. */
  settle(done: readonly Pending[]): void
}

export function createQueue(): Queue {
  const tenants = new Map<string, Pending[]>()
  let size = 0
  let steps = 0

  return {
    get size() {
      return size
    },
    get steps() {
      return steps
    },
    push: pending => {
      if (!Array.isArray(stepsOf(pending.task))) throw new TypeError('A mutation has a list of acts')
      const { tenant } = scopeOf(pending)
      const waiting = tenants.get(tenant)
      if (waiting) waiting.push(pending)
      else tenants.set(tenant, [pending])
      size++
      steps += weight(pending)
    },
    open: isOpen => {
      let open = 0
      for (const tenant of tenants.keys()) if (isOpen(tenant)) open++
      return open
    },
    next: (limit, isOpen = () => true, most = Number.POSITIVE_INFINITY) => {
      const open = [...tenants].filter(([tenant]) => isOpen(tenant)).slice(0, most)
      const taken: Pending[] = []
      let sum = 0
      for (const [i, [, waiting]] of open.entries()) {
        // What one leaves of its share is the next ones'.
        const share = Math.max(1, Math.floor((limit - sum) / (open.length - i)))
        for (const pending of front(waiting, share)) {
          sum += weight(pending)
          if (taken.length > 0 && sum > limit) return taken
          taken.push(pending)
        }
      }
      return taken
    },
    nextOf: (tenant, limit) => front(tenants.get(tenant) ?? [], limit),
    settle: done => {
      const gone = new Set(done)
      for (const tenant of new Set(done.map(pending => scopeOf(pending).tenant))) {
        const waiting = tenants.get(tenant) ?? []
        const end = waiting.findIndex(pending => !gone.has(pending))
        const left = waiting.splice(0, end < 0 ? waiting.length : end)
        size -= left.length
        for (const pending of left) steps -= weight(pending)
        // Deleting first moves the tenant behind all others: its turn is over.
        tenants.delete(tenant)
        if (waiting.length) tenants.set(tenant, waiting)
      }
    },
  }
}

/** The first one, and those behind it while all together have at most `limit` steps. */
function front(waiting: readonly Pending[], limit: number): readonly Pending[] {
  let steps = 0
  const end = waiting.findIndex((pending, i) => {
    steps += weight(pending)
    return i > 0 && steps > limit
  })
  return end < 0 ? waiting.slice() : waiting.slice(0, end)
}

function weight({ task }: Pending): number {
  return Math.max(1, stepsOf(task).length)
}

function stepsOf(task: Task): readonly unknown[] {
  if (task.kind === 'mutation') return task.mutation.acts
  if (task.kind === 'folds') return []
  const { work } = task.push
  return work.kind === 'changes' ? work.changes : work.acts
}

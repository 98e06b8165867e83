import type { Scope } from '@zg/core/ports/scope'
import type { Fold } from '@zg/core/ports/storage'
import type { Mutation, Push, PushAnswer } from '@zg/core/ports/writer'
import type { Prepared } from '../text/prepare.ts'
import type { PreparedPush } from '../text/preparePush.ts'

/** What somebody wants done, and waits for. */
export interface Pending {
  readonly task: Task
  resolve(answer: PushAnswer): void
  reject(error: unknown): void
}

/** `texts`: its edits of texts, prepared; absent: it has none. */
export type Task =
  | { readonly kind: 'mutation'; readonly mutation: Mutation; readonly texts?: Prepared }
  | { readonly kind: 'push'; readonly push: Push; readonly texts?: PreparedPush }
  /** What the writer itself saves with the next batch. */
  | { readonly kind: 'folds'; readonly scope: Scope; readonly folds: readonly Fold[] }

export function scopeOf({ task }: Pending): Scope {
  if (task.kind === 'folds') return task.scope
  return task.kind === 'push' ? task.push.scope : task.mutation.scope
}

/** Mutations by tenant, first come first served within one; tenants take turns. */
export interface Queue {
  readonly size: number
  /** Throws a TypeError for what has no list of acts or changes. */
  push(pending: Pending): void
  /**
   * Mutations from the front with about `limit` acts or changes in all, one mutation at least, of tenants that are
   * open: they share it in equal parts, starting with the one that has waited longest for its turn. They stay queued
   * until `settle`. O(what is taken, and the tenants).
   */
  next(limit: number, isOpen?: (tenant: string) => boolean): readonly Pending[]
  /** The front of one tenant's queue. */
  nextOf(tenant: string, limit: number): readonly Pending[]
  /** Takes them out, each tenant's from its front. */
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
      if (!Array.isArray(stepsOf(pending.task))) throw new TypeError('A mutation has a list of acts')
      const { tenant } = scopeOf(pending)
      const waiting = tenants.get(tenant)
      if (waiting) waiting.push(pending)
      else tenants.set(tenant, [pending])
      size++
    },
    next: (limit, isOpen = () => true) => {
      const open = [...tenants].filter(([tenant]) => isOpen(tenant))
      const share = Math.max(1, Math.floor(limit / Math.max(1, open.length)))
      const taken: Pending[] = []
      let steps = 0
      for (const [, waiting] of open) {
        for (const pending of front(waiting, share)) {
          steps += weight(pending)
          if (taken.length > 0 && steps > limit) return taken
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
        size -= waiting.splice(0, end < 0 ? waiting.length : end).length
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

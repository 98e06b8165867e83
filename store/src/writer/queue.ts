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
  /** How many of the tenants that have something to be taken are open. O(tenants). */
  open(isOpen: (tenant: string) => boolean): number
  /** What is there to be taken of these tenants. O(tenants). */
  waiting(tenants: Iterable<string>): number
  /** Throws a TypeError for what has no list of acts or changes. */
  push(pending: Pending): void
  /**
   * Takes mutations, behind those that are taken already, with about `limit` acts or changes in all, one mutation at least, of
   * at most so many tenants that are open: they share it in equal parts, starting with the one that has waited longest for its turn.
   * They stay queued until `settle`. O(what is taken, and the tenants).
   */
  next(limit: number, isOpen?: (tenant: string) => boolean, tenants?: number): readonly Pending[]
  /** Of one tenant. */
  nextOf(tenant: string, limit: number): readonly Pending[]
  /** Ends what was taken together: those that are done leave, each tenant's from its front; the others may be taken again. */
  settle(taken: readonly Pending[], done: readonly Pending[]): void
  /** Empties it. */
  clear(): readonly Pending[]
}

/** One tenant's. The first so many are taken. */
interface Line {
  readonly list: Pending[]
  taken: number
}

export function createQueue(): Queue {
  const tenants = new Map<string, Line>()
  let size = 0
  let steps = 0

  const take = (line: Line, limit: number): readonly Pending[] => {
    const some = front(line, limit)
    line.taken += some.length
    return some
  }

  return {
    get size() {
      return size
    },
    get steps() {
      return steps
    },
    open: isOpen => {
      let open = 0
      for (const [tenant, { list, taken }] of tenants) if (list.length > taken && isOpen(tenant)) open++
      return open
    },
    waiting: names => {
      let sum = 0
      for (const tenant of names) {
        const line = tenants.get(tenant)
        if (line) sum += line.list.length - line.taken
      }
      return sum
    },
    push: pending => {
      if (!Array.isArray(stepsOf(pending.task))) throw new TypeError('A mutation has a list of acts')
      const { tenant } = scopeOf(pending)
      const line = tenants.get(tenant)
      if (line) line.list.push(pending)
      else tenants.set(tenant, { list: [pending], taken: 0 })
      size++
      steps += weight(pending)
    },
    next: (limit, isOpen = () => true, most = Number.POSITIVE_INFINITY) => {
      const open = [...tenants]
        .filter(([tenant, { list, taken }]) => list.length > taken && isOpen(tenant))
        .slice(0, most)
      const all: Pending[] = []
      let sum = 0
      for (const [i, [, line]] of open.entries()) {
        // What one leaves of its share is the next ones'.
        const share = Math.max(1, Math.floor((limit - sum) / (open.length - i)))
        for (const pending of front(line, share)) {
          sum += weight(pending)
          if (all.length > 0 && sum > limit) return all
          all.push(pending)
          line.taken++
        }
      }
      return all
    },
    nextOf: (tenant, limit) => {
      const line = tenants.get(tenant)
      return line ? take(line, limit) : []
    },
    settle: (taken, done) => {
      const gone = new Set(done)
      const counts = new Map<string, number>()
      for (const pending of taken) {
        const { tenant } = scopeOf(pending)
        counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
      }
      for (const [tenant, count] of counts) {
        const line = tenants.get(tenant)
        if (!line) continue
        line.taken -= count
        const end = line.list.findIndex(pending => !gone.has(pending))
        const left = line.list.splice(0, end < 0 ? line.list.length : end)
        if (left.length === 0) continue
        size -= left.length
        for (const pending of left) steps -= weight(pending)
        // Deleting first moves the tenant behind all others: its turn is over.
        tenants.delete(tenant)
        if (line.list.length) tenants.set(tenant, line)
      }
    },
    clear: () => {
      const all = [...tenants.values()].flatMap(({ list }) => list)
      tenants.clear()
      size = 0
      steps = 0
      return all
    },
  }
}

/** The first one that is not taken, and those behind it while all together have at most `limit` steps. */
function front({ list, taken }: Line, limit: number): readonly Pending[] {
  let steps = 0
  let end = taken
  for (let pending = list[end]; pending; pending = list[++end]) {
    steps += weight(pending)
    if (end > taken && steps > limit) break
  }
  return list.slice(taken, end)
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

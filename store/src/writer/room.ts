import { Overloaded } from '../outage.ts'
import type { Host } from './host.ts'
import { createPace } from './pace.ts'

export interface RoomLimits {
  /** Mutations under way at once: queued, being prepared, being committed. */
  readonly places: number
  /** Callers who wait for a place. */
  readonly waiting: number
  /** About as many bytes as all of these may hold. */
  readonly bytes: number
  /** ms that one waits for a place at most. */
  readonly patience: number
}

export const ROOM: RoomLimits = {
  places: 4_096,
  waiting: 16_384,
  bytes: 64 * 1_024 * 1_024,
  patience: 10_000,
}

/** Gives the place back; once is enough, twice does no harm. */
export type Leave = () => void

/**
 * Where callers wait until the writer has a place for them. Tenants take turns, and within one it is first come, first
 * served. Who waits too long, or finds the room full, is `Overloaded`; if he is of a tenant that waits less than
 * another, the last of that one goes in his stead, so that a flood drowns only itself.
 */
export interface Room {
  /** Calls one of the caller's two, once: at once if that is known already. */
  enter(caller: Caller): void
  /** Resolves when nobody waits. */
  empty(): Promise<void>
}

export interface Caller {
  readonly tenant: string
  /** About the size of what is brought. */
  readonly bytes: number
  /** There is a place. Must not throw. */
  admit(leave: Leave): void
  refuse(error: Overloaded): void
}

interface Waiter {
  readonly caller: Caller
  /** ms since 1970. */
  readonly until: number
}

export function createRoom(host: Host, { places, waiting, bytes, patience }: RoomLimits): Room {
  const pace = createPace(host.now)
  /** By tenant, in the order of their turns. */
  const tenants = new Map<string, Waiter[]>()
  /** All, the one who waits longest first. */
  const order = new Set<Waiter>()
  let taken = 0
  let held = 0
  let watching: Promise<void> | null = null
  let over = new AbortController()

  const take = (size: number): Leave => {
    let gone = false
    taken++
    return () => {
      if (gone) return
      gone = true
      taken--
      held -= size
      pace.served()
      admit()
    }
  }

  const admit = (): void => {
    while (taken < places) {
      const [next] = tenants
      if (!next) return
      const [tenant, list] = next
      const waiter = list.shift()
      // Its turn is over: the others come first.
      tenants.delete(tenant)
      if (list.length) tenants.set(tenant, list)
      if (waiter) {
        forget(waiter)
        waiter.caller.admit(take(waiter.caller.bytes))
      }
    }
  }

  const forget = (waiter: Waiter): void => {
    order.delete(waiter)
    if (order.size === 0) over.abort()
  }

  const refuse = (waiter: Waiter): void => {
    const { tenant, bytes: size } = waiter.caller
    const list = tenants.get(tenant) ?? []
    list.splice(list.lastIndexOf(waiter), 1)
    if (list.length === 0) tenants.delete(tenant)
    held -= size
    forget(waiter)
    waiter.caller.refuse(overloaded())
  }

  const overloaded = (): Overloaded => {
    const ahead = taken + order.size
    return new Overloaded(
      `${ahead} mutations are waiting already.`,
      ' Nothing was written.',
      pace.after(ahead),
    )
  }

  /** Sends away whose time is up. */
  const watch = async (): Promise<void> => {
    for (let [first] = order; first; [first] = order) {
      const left = first.until - host.now()
      if (left <= 0) refuse(first)
      else await host.sleep(left, over.signal)
    }
    watching = null
  }

  const isFull = (size: number): boolean =>
    order.size >= waiting || (held + size > bytes && taken + order.size > 0)

  /** The last of the tenant that waits most, if that is more than the newcomer's tenant would. */
  const displaced = (tenant: string): Waiter | undefined => {
    const most = [...tenants.values()].reduce<readonly Waiter[]>((a, b) => (b.length > a.length ? b : a), [])
    return most.length > (tenants.get(tenant)?.length ?? 0) + 1 ? most.at(-1) : undefined
  }

  return {
    enter: caller => {
      const { tenant, bytes: size } = caller
      while (isFull(size)) {
        const other = displaced(tenant)
        if (!other) return caller.refuse(overloaded())
        refuse(other)
      }
      held += size
      if (taken < places) return caller.admit(take(size))
      const waiter: Waiter = { caller, until: host.now() + patience }
      const list = tenants.get(tenant)
      if (list) list.push(waiter)
      else tenants.set(tenant, [waiter])
      order.add(waiter)
      if (over.signal.aborted) over = new AbortController()
      watching ??= watch()
    },
    empty: async () => {
      await watching
    },
  }
}

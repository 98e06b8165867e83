import type { Connection } from './connection.ts'

/** Hears what is notified, on a connection of its own. */
export interface Ear {
  /** Rejects if it cannot listen now; from then on it listens, whatever becomes of connections, until it is told to stop. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface EarEvents {
  onNotify(channel: string, payload: string): void
  onLost(): void
}

/** ms between two attempts to hear again. */
const RETRY = 200
/** ms between two looks whether the connection is still there, by listening again: one that only listens never finds out. */
const LOOK = 10_000

/** What was said while it was deaf is lost; hints may be. */
export function createEar(open: (events: EarEvents) => Connection): Ear {
  const listeners = new Map<string, Set<(payload: string) => void>>()
  let connection: Connection | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const onNotify = (channel: string, payload: string): void => {
    for (const listener of listeners.get(channel) ?? []) listener(payload)
  }
  const hear = async (channel: string): Promise<void> => {
    if (!connection || connection.lost) {
      const own = open({ onNotify, onLost: () => own === connection && watch(RETRY) })
      connection = own
    }
    await connection.query(`listen ${quoted(channel)}`, [], false)
  }
  const look = async (): Promise<void> => {
    for (const channel of listeners.keys()) await hear(channel)
  }
  const watch = (ms: number): void => {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => {
      // The answer tells, or that there is none: whatever loses the connection has the next look begin soon.
      look().then(
        () => watch(LOOK),
        () => watch(RETRY),
      )
    }, ms)
    timer.unref()
  }

  return {
    listen: async (channel, onPayload) => {
      const own = listeners.get(channel) ?? new Set()
      listeners.set(channel, own.add(onPayload))
      if (own.size === 1) await hear(channel)
      watch(LOOK)
      return async () => {
        own.delete(onPayload)
        if (own.size > 0) return
        listeners.delete(channel)
        if (connection && !connection.lost) await connection.query(`unlisten ${quoted(channel)}`, [], false)
      }
    },
    close: async () => {
      closed = true
      clearTimeout(timer)
      await connection?.end()
    },
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

import type { Packet } from './listener.ts'

/** Hands the packets of one stream to one reader, at that reader's pace. */
export interface Outlet {
  push(packet: Packet): void
  /** Calls `done` when everything pushed before has been handed over. */
  finish(done: () => void): void
  /** Resolves when everything pushed before has been handed over; nothing if it has been. */
  ready(): Promise<void> | undefined
  /** Bytes kept back because the reader is not done with earlier ones. */
  readonly waiting: number
}

export interface OutletOptions {
  /** Packets replace each other: a slow reader skips those between the one in hand and the newest. */
  readonly whole: boolean
  /** Most bytes to keep back for a slow reader. */
  readonly limit: number
  /** Hands one over; a promise resolves when the reader can take more, nothing means at once. Must not reject. */
  send(packet: Packet): Promise<void> | undefined
  /** The reader is too slow; called once, nothing is sent after it. */
  overflow(): void
}

export function createOutlet({ whole, limit, send, overflow }: OutletOptions): Outlet {
  let queue: Packet[] = []
  let waiting = 0
  let busy = false
  let over = false
  let finished: (() => void) | null = null
  const eager: (() => void)[] = []

  const hand = (packet: Packet): void => {
    const sent = send(packet)
    if (!sent) return
    busy = true
    void sent.then(() => {
      busy = false
      drain()
    })
  }
  const drain = (): void => {
    while (!busy && !over) {
      const packet = queue.shift()
      if (!packet) break
      waiting -= packet.bytes
      hand(packet)
    }
    if (busy || queue.length > 0) return
    for (const go of eager.splice(0)) go()
    finished?.()
  }
  const drop = (): void => {
    queue = []
    waiting = 0
  }

  return {
    push: packet => {
      if (over) return
      if (!busy) return hand(packet)
      if (whole) drop()
      queue.push(packet)
      waiting += packet.bytes
      // One whole result may be larger than the limit: it is all there is to keep.
      if (waiting <= limit || whole) return
      over = true
      drop()
      overflow()
    },
    finish: done => {
      finished = () => {
        finished = null
        done()
      }
      drain()
    },
    ready: () =>
      busy && !over
        ? new Promise(resolve => {
            eager.push(resolve)
          })
        : undefined,
    get waiting() {
      return waiting
    },
  }
}

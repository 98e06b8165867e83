import type { Channel, Receiver } from './channel.ts'

/** Two ends in one process. `defer` runs a delivery later, in order: `queueMicrotask`, or a simulator's network. */
export function inProcess(defer: (deliver: () => void) => void): InProcess {
  let open = true
  const receivers: { a: Receiver | null; b: Receiver | null } = { a: null, b: null }
  const cut = (): void => {
    if (!open) return
    open = false
    defer(() => {
      receivers.a?.closed()
      receivers.b?.closed()
    })
  }
  const channelTo = (end: 'a' | 'b'): Channel => ({
    send: frame => {
      if (open) defer(() => receivers[end]?.receive(frame))
    },
    close: cut,
  })
  return {
    a: channelTo('b'),
    b: channelTo('a'),
    join: (a, b) => {
      receivers.a = a
      receivers.b = b
    },
    cut,
  }
}

export interface InProcess {
  /** What each side sends through. */
  readonly a: Channel
  readonly b: Channel
  /** What each side receives with. Before this nothing must be delivered. */
  join(a: Receiver, b: Receiver): void
  /** The connection breaks: what was sent before still arrives. */
  cut(): void
}

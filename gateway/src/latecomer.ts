import type { Position } from '@zg/core/ports/position'
import type { ExecutionResult } from 'graphql'
import type { Results } from './api.ts'
import type { Listener, Packet } from './listener.ts'

/** Most bytes of the shared stream that are kept for one who is still on the way to it. */
const HELD = 250_000

/** A feed's shared stream, as one sees it who comes from an older position. */
export interface Ahead {
  /** The end of what it has told; null: it has not begun, or never will. */
  readonly at: Position | null
  /** What it tells from now on goes here, until the function that this returns is called. */
  listen(listener: Listener): () => void
}

export interface Journey {
  /** The reader's own stream; with its next batch it goes no further than `bound`. */
  readonly own: Results
  readonly bound: { at: Position | null }
  readonly ahead: Ahead
  readonly listener: Listener
  readonly signal: AbortSignal
  /** A result of the own stream as it is sent. */
  packetOf(result: ExecutionResult): Packet
  /** The shared stream is the reader's, too, from the next thing it tells. */
  arrive(): void
}

/** What the shared stream has told and the latecomer has not, up to `at`. */
interface Held {
  readonly packet: Packet
  readonly at: Position
}

/**
 * Brings a reader of a feed from an older position to where the shared stream is, at the reader's pace, and hands them over where
 * both have told the same. Each stream may stop anywhere, so the own one is bounded by a place where the shared one has
 * been; what that tells meanwhile is kept, up to a limit, beyond which a later place is aimed at. No gap and no
 * repeat: a batch goes from one position to another, and both are known. Resolves once nothing is left to do here.
 */
export async function bringUp(journey: Journey): Promise<void> {
  const { own, bound, ahead, listener, signal, packetOf, arrive } = journey
  const iterator = own[Symbol.asyncIterator]()
  const held: Held[] = []
  let bytes = 0
  /** Where what is held begins. */
  let anchor = ahead.at
  /** How far the reader has been told. */
  let at: Position | null = null
  let wake = (): void => {}

  const letGo = (): void => {
    const [first] = held.splice(0, 1)
    if (!first) return
    bytes -= first.packet.bytes
    anchor = first.at
  }
  const stop = ahead.listen({
    next: packet => {
      if (!ahead.at) return
      held.push({ packet, at: ahead.at })
      bytes += packet.bytes
      while (bytes > HELD) letGo()
      wake()
    },
    // Whoever goes alone finds out by themselves what has ended it.
    end: () => {
      held.length = 0
      anchor = null
      bound.at = null
    },
  })
  const meets = (): boolean => {
    while (anchor && at && held.length && isBefore(anchor, at)) letGo()
    bound.at = anchor
    return anchor !== null && at !== null && isSame(anchor, at)
  }

  const turn = (): Promise<void> =>
    new Promise(resolve => {
      wake = resolve
    })
  void own.began?.then(position => {
    at ??= position
    wake()
  })
  const leave = (): void => {
    stop()
    void Promise.resolve(iterator.return?.()).catch(() => {})
    wake()
  }
  signal.addEventListener('abort', leave)
  let pulled: Pulled | null = null
  try {
    while (!signal.aborted) {
      if (meets()) {
        arrive()
        for (const { packet } of held) listener.next(packet)
        return
      }
      pulled ??= pull(own, iterator)
      const next = turn()
      void pulled.done.then(wake)
      await next
      if (!pulled.outcome || signal.aborted) continue
      const { outcome } = pulled
      pulled = null
      if (outcome.kind === 'over') return listener.end({ kind: 'over' })
      if (outcome.kind === 'failed') return listener.end(outcome)
      at = outcome.at
      listener.next(packetOf(outcome.result))
      await listener.ready?.()
    }
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}

type Outcome =
  | { readonly kind: 'result'; readonly result: ExecutionResult; readonly at: Position | null }
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: unknown }

interface Pulled {
  readonly done: Promise<void>
  outcome: Outcome | null
}

/** The next result, and where it ends. */
function pull(own: Results, iterator: AsyncIterator<ExecutionResult>): Pulled {
  const pulled: Pulled = {
    outcome: null,
    done: iterator.next().then(
      ({ done, value }) => {
        pulled.outcome = done ? { kind: 'over' } : { kind: 'result', result: value, at: own.position ?? null }
      },
      error => {
        pulled.outcome = { kind: 'failed', error }
      },
    ),
  }
  return pulled
}

function isSame(one: Position, other: Position): boolean {
  return one.log === other.log && seqsOf(one, other).every(([a, b]) => a === b)
}

/** Positions of different logs are neither before nor behind each other. */
function isBefore(one: Position, other: Position): boolean {
  const seqs = seqsOf(one, other)
  return one.log === other.log && seqs.every(([a, b]) => a <= b) && seqs.some(([a, b]) => a < b)
}

/** By tenant; one that only one of them knows is comparable with nothing. */
function seqsOf(one: Position, other: Position): readonly (readonly [number, number])[] {
  const tenants = new Set([...Object.keys(one.seqs), ...Object.keys(other.seqs)])
  return [...tenants].map(tenant => [one.seqs[tenant] ?? Number.NaN, other.seqs[tenant] ?? Number.NaN])
}

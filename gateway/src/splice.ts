import type { ExecutionResult } from 'graphql'
import type { WebSocket } from 'ws'
import type { Joinable } from './generation.ts'
import type { Packet } from './listener.ts'
import { createOutlet } from './outlet.ts'

/** Until this many bytes wait in a socket, more are added without asking. */
const LOW = 65_536
/** From this size on a payload is sent as a frame of its own, so that all sockets hold the same bytes. */
const LARGE = 16_384

export interface Subscriber {
  readonly socket: WebSocket
  /** The operation, as the client calls it. */
  readonly id: string
  /** Bytes. */
  readonly limit: number
  /** The reader cannot keep up. */
  slow(): void
}

/**
 * Joins a shared stream over one socket: results go there directly, each serialised once for all sockets and only
 * wrapped in the subscriber's id. The iterable that the protocol's implementation gets is silent; it ends when the
 * stream does, or when the reader leaves.
 */
export async function joined(
  { whole, join }: Joinable,
  { socket, id, limit, slow }: Subscriber,
): Promise<AsyncIterableIterator<never> | ExecutionResult> {
  const end = silence()
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  const outlet = createOutlet({
    whole,
    limit,
    overflow: slow,
    send: packet => {
      if (socket.readyState !== socket.OPEN) return
      // Other operations of the same socket fill it, too.
      if (socket.bufferedAmount > limit) slow()
      else if (socket.bufferedAmount < LOW) sendPacket(socket, head, packet)
      else return new Promise(resolve => sendPacket(socket, head, packet, () => resolve()))
      return
    },
  })
  const refused = await join({
    next: outlet.push,
    ready: () => outlet.ready() ?? flushed(socket),
    end: ending => {
      // Retired sockets are closed by the gateway, with a code that says why.
      if (ending.kind === 'failed') end.fail(ending.error)
      else if (ending.kind === 'over') outlet.finish(end.finish)
    },
  })
  return refused ?? end.iterator
}

/** Resolves once little waits in the socket. A pong that nobody asked for means nothing, and is written after all else. */
function flushed(socket: WebSocket): Promise<void> | undefined {
  if (socket.bufferedAmount < LOW) return
  return new Promise(resolve => socket.pong('', false, () => resolve()))
}

function sendPacket(socket: WebSocket, head: string, packet: Packet, done?: () => void): void {
  if (packet.bytes < LARGE) socket.send(`${head}${packet.text}}`, done)
  else {
    socket.send(head, { fin: false })
    socket.send(bytesOf(packet), { fin: false, binary: false })
    socket.send('}', done)
  }
}

const encoded = new WeakMap<Packet, Buffer>()

function bytesOf(packet: Packet): Buffer {
  const known = encoded.get(packet)
  if (known) return known
  const made = Buffer.from(packet.text)
  encoded.set(packet, made)
  return made
}

/** An iterator without values. */
function silence() {
  let settle: (result: Promise<IteratorResult<never>>) => void = () => {}
  const over = new Promise<IteratorResult<never>>(resolve => {
    settle = resolve
  })
  over.catch(() => {})
  const finish = () => settle(Promise.resolve({ done: true, value: undefined }))
  const iterator: AsyncIterableIterator<never> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => over,
    return: () => {
      finish()
      return over
    },
  }
  return { iterator, finish, fail: (error: unknown) => settle(Promise.reject(error)) }
}

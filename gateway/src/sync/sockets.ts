import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Scope } from '@zg/core/ports/scope'
import { REFUSALS } from '@zg/core/sync/codes'
import { MAX_FRAME } from '@zg/core/sync/message'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SyncServer } from './serve.ts'

/** The path of replicas' connections, and their WebSocket subprotocol. */
export const SYNC_ENDPOINT = '/sync'
const SUBPROTOCOL = 'zg-sync'

/** How often (ms) those who have gone silent are looked for. */
const TICK = 1_000

export interface SyncSockets {
  /** Takes over an upgraded connection for this principal. */
  accept(sync: SyncServer, scope: Scope, request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Looks for silent replicas of this server, until what it answers is called. */
  watch(sync: SyncServer): () => void
  /** Ends whatever is left, without a farewell. */
  terminate(): void
}

/**
 * The sync protocol over WebSocket. What a replica may be sent without an `ack` is bounded by the session; answers to its own
 * messages are not, so one that sends and never reads is closed with `SLOW_READER` at `maxBuffered` bytes beside the longest
 * frame: a batch may be longer than that, and takes its time.
 */
export function createSyncSockets(maxBuffered: number): SyncSockets {
  const server = new WebSocketServer({
    noServer: true,
    // A character takes three bytes at most.
    maxPayload: 3 * MAX_FRAME,
    handleProtocols: names => (names.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })

  const open = (sync: SyncServer, scope: Scope, socket: WebSocket): void => {
    let longest = 0
    const receiver = sync.accept(scope, {
      send: frame => {
        if (socket.readyState !== socket.OPEN) return
        socket.send(frame)
        longest = Math.max(longest, 3 * frame.length)
        if (socket.bufferedAmount > maxBuffered + longest)
          socket.close(REFUSALS.SLOW_READER.close, 'SLOW_READER')
      },
      close: (code, reason) => socket.close(code, reason),
    })
    // Bytes that are no text are no frame either.
    socket.on('message', (data, binary) => receiver.receive(binary ? '' : data.toString()))
    socket.on('close', receiver.closed)
    // Too large, not UTF-8...: `close` follows.
    socket.on('error', () => {})
  }

  return {
    accept: (sync, scope, request, socket, head) => {
      server.handleUpgrade(request, socket, head, webSocket => open(sync, scope, webSocket))
    },
    watch: sync => {
      const timer = setInterval(sync.tick, TICK)
      timer.unref()
      return () => clearInterval(timer)
    },
    terminate: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

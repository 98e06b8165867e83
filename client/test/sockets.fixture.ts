import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scope } from '@zg/core/ports/scope'
import type { SyncServer } from '@zg/gateway/sync/serve'
import { createSyncSockets } from '@zg/gateway/sync/sockets'
import type { Device } from './world.fixture.ts'

/** A gateway's end of the sync protocol at a port, for whoever comes as this principal. */
export async function overSockets(
  sync: SyncServer,
  scope: Scope,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = createSyncSockets(1_000_000)
  const server = createServer().on('upgrade', (request, socket, head) =>
    sockets.accept(sync, scope, request, socket, head),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      sockets.terminate()
      server.close()
    },
  }
}

/** A replica's end: connected from now on, until the socket is closed. */
export async function connectTo(url: string, { replica }: Device): Promise<WebSocket> {
  const socket = new WebSocket(url, 'zg-sync')
  await opened(socket)
  const receiver = replica.connect({
    send: frame => socket.send(frame),
    close: (code, reason) => socket.close(code === 1000 || code >= 3000 ? code : 1000, reason),
  })
  socket.addEventListener('message', ({ data }) => receiver.receive(String(data)))
  socket.addEventListener('close', () => receiver.closed())
  return socket
}

export function opened(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
}

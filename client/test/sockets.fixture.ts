import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scope } from '@zg/core/ports/scope'
import type { SyncServer } from '@zg/gateway/sync/serve'
import { createSyncSockets } from '@zg/gateway/sync/sockets'

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

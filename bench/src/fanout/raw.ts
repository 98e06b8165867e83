import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { serve } from '../worker.ts'
import type { Message } from './message.ts'

// What no GraphQL server can beat: one text, sent to every socket. Speaks just enough for the subscribers.

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  handleProtocols: () => 'graphql-transport-ws',
})
server.on('connection', socket => {
  socket.on('message', data => {
    if (String(data).includes('connection_init')) socket.send('{"type":"connection_ack"}')
  })
})
await once(server, 'listening')
serve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, async (message: Message) => {
  const data = { messageChanges: { events: [{ kind: 'UPSERT', id: message.id, message }] } }
  const text = JSON.stringify({ id: '1', type: 'next', payload: { data } })
  for (const socket of server.clients) socket.send(text)
})

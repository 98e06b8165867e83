import { once } from 'node:events'
import { WebSocket } from 'ws'
import { argument, serve } from '../worker.ts'
import { SUBSCRIPTION } from './message.ts'

// Many subscribers in one process. They look for a text in what arrives and parse nothing: the server is measured.

const { url, count } = argument<{ readonly url: string; readonly count: number }>()
/** Sockets opened at once. */
const ABREAST = 50

interface Wait {
  readonly text: string
  readonly seen: Set<WebSocket>
  done(): void
}
let wait: Wait | undefined
let last = ''

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false })
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.on('close', (code, reason) => {
    console.error(`A subscriber was closed: ${code} ${reason}`)
    process.exit(1)
  })
  socket.on('message', (data: Buffer) => {
    const text = data.toString('latin1')
    if (text.startsWith('{"type":"ping"')) return socket.send('{"type":"pong"}')
    last = text
    if (!wait || !text.includes(wait.text)) return
    wait.seen.add(socket)
    if (wait.seen.size === count) wait.done()
  })
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } }))
  return socket
}

const sockets: WebSocket[] = []
while (sockets.length < count) {
  const some = Math.min(ABREAST, count - sockets.length)
  sockets.push(...(await Promise.all(Array.from({ length: some }, open))))
}

type Question = { readonly kind: 'expect'; readonly text: string } | { readonly kind: 'last' }

serve(null, async (question: Question) => {
  if (question.kind === 'last') return last
  await new Promise<void>(done => {
    wait = { text: question.text, seen: new Set(), done }
  })
  return null
})

import { once } from 'node:events'
import { WebSocket } from 'ws'
import { argument, serve } from '../worker.ts'
import { SUBSCRIPTION } from './message.ts'

// Many subscribers in one process. They look for a text in what arrives and parse nothing: the server is measured.

const { url, count } = argument<{ readonly url: string; readonly count: number }>()
/** Sockets opened at once. */
const ABREAST = 50

/** What stands before a message's own number. */
const MARK = '"text":"'

/** How many have received a message, by its text. Kept when it comes before anybody asks. */
const received = new Map<string, number>()
let wait: { readonly text: string; done(): void } | undefined
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
    const begin = text.indexOf(MARK) + MARK.length
    const key = text.slice(begin, text.indexOf(':', begin))
    received.set(key, (received.get(key) ?? 0) + 1)
    if (wait?.text === key) check()
  })
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } }))
  return socket
}

const sockets: WebSocket[] = []
while (sockets.length < count) {
  const some = Math.min(ABREAST, count - sockets.length)
  sockets.push(...(await Promise.all(Array.from({ length: some }, open))))
}

function check(): void {
  if (!wait || (received.get(wait.text) ?? 0) < count) return
  received.clear()
  wait.done()
}

type Question = { readonly kind: 'expect'; readonly text: string } | { readonly kind: 'last' }

serve(null, async (question: Question) => {
  if (question.kind === 'last') return last
  await new Promise<void>(done => {
    wait = { text: question.text.slice(0, question.text.indexOf(':')), done }
    check()
  })
  return null
})

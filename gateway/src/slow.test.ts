import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { create, film, set } from '@zg/core/ports/ports.suite'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { createClient } from 'graphql-ws'
import { afterAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { serve } from './gateway.suite.ts'
import type { Gateway } from './gateway.ts'
import { storeApi } from './store-api.ts'
import { memory } from './stored.suite.ts'

const { store, close } = memory()
afterAll(close)

const scope = { tenant: MAIN, principal: ANONYMOUS }
let made = 0
const reviewed = store.writer.commit({ scope, acts: [film('reviewed')] })

/** A review of 60 kB. */
async function commit(): Promise<string> {
  await reviewed
  const act = create('Review', `review_${made++}`, {
    film: set('film_reviewed'),
    text: set('x'.repeat(60_000)),
    stars: set(1),
  })
  const { verdict } = await store.writer.commit({ scope, acts: [act] })
  expect(verdict.problems).toEqual([])
  return act.id
}

interface Batch {
  readonly cursor: string
  readonly events: readonly { readonly id: string }[]
}
interface Result {
  readonly data?: { readonly reviewChanges: Batch }
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
}

const QUERY =
  'subscription ($since: Cursor) { reviewChanges(since: $since) { cursor events { id review { text } } } }'

/** One reader over a connection of their own, who can stop reading from it. */
interface Reader {
  readonly results: Result[]
  /** Resolves with the next result that comes. */
  next(): Promise<Result>
  pause(): void
  resume(): void
  /** Why the gateway ended the stream. */
  readonly ended: Promise<string>
  leave(): void
}

function inbox() {
  const results: Result[] = []
  let wake = (_: Result) => {}
  const take = (result: Result) => {
    results.push(result)
    wake(result)
  }
  const next = () =>
    new Promise<Result>(resolve => {
      wake = resolve
    })
  return { results, next, take }
}

async function overWebSocket(gateway: Gateway, since: string | null): Promise<Reader> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/graphql`, 'graphql-transport-ws')
  const { take, ...read } = inbox()
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.on('message', data => {
    const message = JSON.parse(String(data))
    if (message.type === 'next') take(message.payload)
  })
  socket.send(
    JSON.stringify({ id: 'a "name"', type: 'subscribe', payload: { query: QUERY, variables: { since } } }),
  )
  const ended = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`)
  return {
    ...read,
    ended,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    leave: () => socket.terminate(),
  }
}

async function overSse(gateway: Gateway, since: string | null): Promise<Reader> {
  const { take, ...read } = inbox()
  const asked = request(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    agent: false,
  })
  asked.end(JSON.stringify({ query: QUERY, variables: { since } }))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8')
  response.on('data', chunk => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.+)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data) take(JSON.parse(data))
    }
  })
  const ended = once(response, 'end').then(
    () => read.results.at(-1)?.errors?.[0]?.extensions.code ?? 'no reason',
  )
  // Who leaves ends it without an end.
  ended.catch(() => {})
  return {
    ...read,
    ended,
    pause: () => response.pause(),
    resume: () => response.resume(),
    leave: () => asked.destroy(),
  }
}

const idsOf = (results: readonly Result[]) =>
  results.flatMap(({ data }) => data?.reviewChanges.events.map(({ id }) => id) ?? [])

test.each([
  ['WebSocket', overWebSocket, '4413 SLOW_READER'],
  ['SSE', overSse, 'SLOW_READER'],
])(
  '%s: a reader who stalls is cut off with a reason, alone, and resumes without a gap',
  async (_, open, reason) => {
    const gateway = await serve(storeApi(store), { maxBuffered: 500_000 })
    const slow = await open(gateway, null)
    const quick = await overWebSocket(gateway, null)
    const ids: string[] = []
    /** The protocol does not say when a subscription has begun: commit until both have heard something. */
    const heard = Promise.all([slow.next(), quick.next()])
    let begun = false
    void heard.then(() => {
      begun = true
    })
    while (!begun) ids.push(await commit())
    await heard
    slow.pause()
    // More than the system keeps for a connection (some MB) and the gateway for a reader (half of one).
    for (let i = 0; i < 400; i++) {
      const delivered = quick.next()
      ids.push(await commit())
      await delivered
    }
    slow.resume()
    expect(await slow.ended).toBe(reason)
    const before = slow.results.filter(({ data }) => data)
    expect(before.length).toBeLessThan(390)

    const last = before.at(-1)?.data?.reviewChanges.cursor ?? ''
    const again = await open(gateway, last)
    while (idsOf(again.results).length < ids.length - ids.indexOf(idsOf(before).at(-1) as string) - 1)
      await again.next()
    const got = idsOf([...before, ...again.results])
    expect(got).toEqual(ids.slice(ids.indexOf(got[0] as string)))
    expect(idsOf(quick.results).at(-1)).toBe(ids.at(-1))
    again.leave()
    quick.leave()
  },
  60_000,
)

test('a graphql-ws client that keeps its cursor in the variables goes on by itself after a restart', async () => {
  const first = await serve(storeApi(store))
  const client = createClient({
    url: `ws://127.0.0.1:${first.port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 100,
    // Real time: the gateway is away for a moment.
    retryWait: () => new Promise(resolve => setTimeout(resolve, 10)),
  })
  const variables: { since: string } = { since: 'START' }
  const held: string[] = []
  const stream = client.iterate<{ reviewChanges: Batch }>({ query: QUERY, variables })
  const until = async (id: string) => {
    while (!held.includes(id)) {
      const { value } = await stream.next()
      const batch = value?.data?.reviewChanges as Batch
      held.push(...batch.events.map(event => event.id))
      variables.since = batch.cursor
    }
  }
  const before = await commit()
  await until(before)
  await first.close()
  const missed = [await commit(), await commit()]
  await serve(storeApi(store), { port: first.port })
  const after = await commit()
  await until(after)
  expect(held).toContain(before)
  expect(held.slice(-3)).toEqual([...missed, after])
  expect(new Set(held).size).toBe(held.length)
  await client.dispose()
})

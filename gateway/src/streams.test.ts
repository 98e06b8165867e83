import { type Client, createClient } from 'graphql-ws'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { fakeApi } from './api.suite.ts'
import { post, serve } from './gateway.suite.ts'
import type { Gateway } from './gateway.ts'

const clients: Client[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.dispose()))
})

function connect(gateway: Gateway, options: { retryAttempts?: number; on?: object } = {}): Client {
  const url = `${gateway.url.replace('http', 'ws')}/graphql`
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    retryWait: async () => {},
    ...options,
  })
  clients.push(client)
  return client
}

/** Server-sent events of one subscription, as `[event, data]`. */
async function* events(gateway: Gateway, query: string, signal?: AbortSignal) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
    signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  let buffer = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    buffer += chunk
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const block = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      const event = /^event: ?(.*)$/m.exec(block)?.[1]
      const data = /^data: ?(.*)$/m.exec(block)?.[1]
      if (event) yield [event, data ? JSON.parse(data) : null] as const
    }
  }
}

const total = (value: number) => ({ data: { total: value } })

test('WebSocket: queries, mutations and a subscription that moves', async () => {
  const gateway = await serve(fakeApi('one'))
  const client = connect(gateway)
  const results = client.iterate({ query: 'subscription { total }' })
  expect((await results.next()).value).toEqual(total(0))
  await post(gateway, { query: 'mutation { bump(by: 2) }' })
  expect((await results.next()).value).toEqual(total(2))
  expect((await client.iterate({ query: '{ name }' }).next()).value).toEqual({ data: { name: 'one' } })
  expect((await client.iterate({ query: 'mutation { bump }' }).next()).value).toEqual({ data: { bump: 3 } })
})

test('SSE: a subscription that moves', async () => {
  const gateway = await serve(fakeApi('one'))
  const stream = events(gateway, 'subscription { total }')
  expect((await stream.next()).value).toEqual(['next', total(0)])
  await post(gateway, { query: 'mutation { bump(by: 2) }' })
  expect((await stream.next()).value).toEqual(['next', total(2)])
})

test('a reader who leaves ends the source, over SSE and WebSocket', async () => {
  const api = fakeApi('one')
  const gateway = await serve(api)
  const left = new AbortController()
  const stream = events(gateway, 'subscription { total }', left.signal)
  await stream.next()
  const results = connect(gateway).iterate({ query: 'subscription { total }' })
  await results.next()
  expect(api.listening()).toBe(2)
  left.abort()
  await api.until(1)
  await results.return?.()
  await api.until(0)
})

test('a socket that breaks ends its sources', async () => {
  const api = fakeApi('one')
  const client = connect(await serve(api))
  const results = client.iterate({ query: 'subscription { total }' })
  await results.next()
  const rest = results.next()
  client.terminate()
  await expect(rest).rejects.toMatchObject({ code: 4499 })
  await api.until(0)
})

test('after a swap SSE readers are told why, and sockets subscribe again by themselves', async () => {
  const old = fakeApi('old')
  const gateway = await serve(old)
  const stream = events(gateway, 'subscription { total }')
  await stream.next()
  const closed = vi.fn()
  const results = connect(gateway, { retryAttempts: 1, on: { closed } }).iterate({
    query: 'subscription { total }',
  })
  expect((await results.next()).value).toEqual(total(0))
  await old.until(2)

  // A running query keeps the sockets open for a while: time in which nothing may say that the stream is complete.
  const running = post(gateway, { query: '{ slow }' })
  await old.slow
  const fresh = fakeApi('new')
  const swapped = gateway.swap(fresh)
  await post(gateway, { query: '{ name }' })
  old.release()
  await Promise.all([running, fresh.until(1), swapped])
  await old.until(0)
  expect((await stream.next()).value).toMatchObject([
    'next',
    { errors: [{ extensions: { code: 'SCHEMA_CHANGED' } }] },
  ])
  expect((await stream.next()).value).toEqual(['complete', null])
  expect(closed.mock.calls[0]?.[0]).toMatchObject({ code: 1012, reason: 'SCHEMA_CHANGED' })
  // The same iteration goes on, under the new schema.
  expect((await results.next()).value).toEqual(total(0))
  await post(gateway, { query: 'mutation { bump(by: 9) }' })
  expect((await results.next()).value).toEqual(total(9))
})

test('closing tells every reader and leaves none behind', async () => {
  const api = fakeApi('one')
  const gateway = await serve(api)
  const stream = events(gateway, 'subscription { total }')
  await stream.next()
  const closed = vi.fn()
  const results = connect(gateway, { on: { closed } }).iterate({ query: 'subscription { total }' })
  await results.next()
  const rest = results.next().catch(error => error)
  const started = performance.now()
  await gateway.close()
  expect(performance.now() - started).toBeLessThan(5_000)
  expect((await stream.next()).value).toMatchObject([
    'next',
    { errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] },
  ])
  await rest
  expect(closed.mock.calls[0]?.[0]).toMatchObject({ code: 1001, reason: 'SHUTTING_DOWN' })
  await api.until(0)
})

test('a failing subscription is masked on both', async () => {
  const gateway = await serve(fakeApi('one'))
  const query = 'subscription { failing }'
  const overSocket = (await connect(gateway)
    .iterate({ query })
    .next()
    .catch(error => error)) as unknown
  expect(JSON.stringify(overSocket)).toContain('"INTERNAL"')
  const overHttp = (await events(gateway, query).next()).value
  expect(JSON.stringify(overHttp)).toContain('"INTERNAL"')
  expect(JSON.stringify([overSocket, overHttp])).not.toContain('relation')
})

test('limits and introspection hold over WebSocket too', async () => {
  const gateway = await serve(fakeApi('one'), { introspection: false })
  const refused = async (query: string) =>
    connect(gateway)
      .iterate({ query })
      .next()
      .catch(error => error)
  expect(JSON.stringify(await refused('{ __schema { types { name } } }'))).toContain('introspection')
  expect(JSON.stringify(await refused(`{ sum(of: ${'['.repeat(20_000)}`))).toContain('DOCUMENT_LIMIT')
  expect(JSON.stringify(await refused('{ nam }'))).not.toContain('Did you mean')
})

test.each([
  ['a foreign page', { origin: 'https://evil.example' }, '/graphql', 403],
  ['the page null', { origin: 'null' }, '/graphql', 403],
  ['another path', {}, '/other', 404],
])('WebSocket from %s is refused', async (_, headers, path, status) => {
  const gateway = await serve(fakeApi('one'))
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, 'graphql-transport-ws', { headers })
  const message = await new Promise<string>(resolve => socket.once('error', error => resolve(error.message)))
  expect(message).toContain(String(status))
})

test('subscribing before connection_init closes with 4401', async () => {
  const gateway = await serve(fakeApi('one'))
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/graphql`, 'graphql-transport-ws')
  socket.once('open', () =>
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ name }' } })),
  )
  expect(await new Promise(resolve => socket.once('close', resolve))).toBe(4401)
})

test('one socket runs a limited number of operations', async () => {
  const api = fakeApi('one')
  const client = connect(await serve(api))
  for (let i = 0; i < 200; i++) void client.iterate({ query: 'subscription { total }' }).next()
  await api.until(200)
  const refused = await client
    .iterate({ query: 'subscription { total }' })
    .next()
    .catch(error => error)
  expect(JSON.stringify(refused)).toContain('TOO_MANY_OPERATIONS')
})

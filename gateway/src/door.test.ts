import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { fakeApi } from './api.suite.ts'
import { refuseForeign } from './door.ts'
import { post, serve } from './gateway.suite.ts'
import type { Gateway } from './gateway.ts'

const query = '{ name }'

/** Sends headers that fetch would not let us choose. */
function send(
  gateway: Gateway,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
) {
  return new Promise<{ status: number | undefined; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const call = request({ port: gateway.port, host: '127.0.0.1', method, path, headers }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
      })
      call.on('error', reject)
      call.end(body)
    },
  )
}

const forms: readonly [string, string, string][] = [
  ['urlencoded', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(query)}`],
  [
    'multipart',
    'multipart/form-data; boundary=x',
    `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"${query}"}\r\n--x--`,
  ],
  ['application/graphql', 'application/graphql', query],
  ['text', 'text/plain', JSON.stringify({ query })],
]

test.each(forms)('a %s body is refused', async (_, type, body) => {
  const gateway = await serve(fakeApi('one'))
  const answer = await send(gateway, 'POST', '/graphql', { 'content-type': type }, body)
  expect(answer.status).toBe(415)
  expect(answer.text).toContain('UNSUPPORTED_TYPE')
})

test('a body without a type is refused', async () => {
  expect(
    (await send(await serve(fakeApi('one')), 'POST', '/graphql', {}, JSON.stringify({ query }))).status,
  ).toBe(415)
})

test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('%s runs nothing', async method => {
  const gateway = await serve(fakeApi('one'))
  const path = `/graphql?query=${encodeURIComponent('mutation { bump }')}`
  const answer = await send(gateway, method, path, { accept: 'application/json' })
  expect(answer.status).toBe(405)
  expect(answer.headers.allow).toBe('POST')
  expect((await post(gateway, { query: 'mutation { bump }' })).body).toEqual({ data: { bump: 1 } })
})

test('a cross-site GET of a stream is refused', async () => {
  const path = `/graphql?query=${encodeURIComponent('subscription { total }')}`
  const headers = { accept: 'text/event-stream', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
  expect((await send(await serve(fakeApi('one')), 'GET', path, headers)).status).toBe(403)
})

test.each(['https://evil.example', 'null', 'http://localhost.evil.example'])(
  'pages of %s are refused and get no CORS',
  async origin => {
    const gateway = await serve(fakeApi('one'))
    const answer = await send(
      gateway,
      'POST',
      '/graphql',
      { 'content-type': 'application/json', origin },
      JSON.stringify({ query }),
    )
    expect(answer.status).toBe(403)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  },
)

test('a name that was made to point here is refused in development', async () => {
  const headers = {
    'content-type': 'application/json',
    host: 'evil.example:4000',
    origin: 'http://evil.example:4000',
  }
  const answer = await send(
    await serve(fakeApi('one')),
    'POST',
    '/graphql',
    headers,
    JSON.stringify({ query }),
  )
  expect(answer.status).toBe(403)
  expect(answer.text).toContain('FOREIGN_HOST')
})

describe('origins in production', () => {
  const door = { origins: ['https://app.example.org'], local: false }
  const from = (origin: string) =>
    refuseForeign({ method: 'POST', headers: { host: 'api.example.org', origin } }, door)
  test('its own and the listed ones may call', () => {
    expect(from('https://api.example.org')).toBeUndefined()
    expect(from('https://app.example.org')).toBeUndefined()
  })
  test('others, loopback included, may not', () => {
    expect(from('http://localhost:3000')?.code).toBe('FOREIGN_ORIGIN')
    expect(from('https://app.example.org.evil.example')?.code).toBe('FOREIGN_ORIGIN')
  })
})

test('a body over 1 MB is refused, announced or not', async () => {
  const gateway = await serve(fakeApi('one'))
  const large = JSON.stringify({ query, variables: { filler: 'x'.repeat(1_000_001) } })
  expect((await post(gateway, large)).status).toBe(413)
  const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
  expect((await send(gateway, 'POST', '/graphql', chunked, large)).status).toBe(413)
})

test('a compressed body is refused, not inflated', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  expect((await send(await serve(fakeApi('one')), 'POST', '/graphql', headers, 'bomb')).status).toBe(415)
})

test('a batch is refused', async () => {
  expect((await post(await serve(fakeApi('one')), [{ query }, { query }])).status).toBe(400)
})

test.each(['', '{', 'null', '7', '{}', '{"query":7}', '{"query":"{ name }","variables":[1]}'])(
  'the body %j is a bad request',
  async body => {
    const answer = await post(await serve(fakeApi('one')), body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(400)
    expect(answer.body.errors[0].extensions.code).not.toBe('INTERNAL')
  },
)

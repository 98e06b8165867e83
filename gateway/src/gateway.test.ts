import { ProblemError, problem } from '@zg/core/problem'
import { SnapshotExpired } from '@zg/store/session'
import { GraphQLError } from 'graphql'
import { expect, test } from 'vitest'
import { fakeApi } from './api.suite.ts'
import { post, reported, serve } from './gateway.suite.ts'
import { createGateway } from './gateway.ts'

test('answers queries and mutations with variables', async () => {
  const gateway = await serve(fakeApi('one'))
  expect(await post(gateway, { query: '{ name }' })).toEqual({ status: 200, body: { data: { name: 'one' } } })
  const query = 'mutation Bump($by: Int) { bump(by: $by) }'
  expect((await post(gateway, { query, variables: { by: 5 } })).body).toEqual({ data: { bump: 5 } })
})

test('an unexpected error is hidden behind a reference and reported', async () => {
  const gateway = await serve(fakeApi('one'))
  const { status, body } = await post(gateway, { query: '{ name broken }' })
  expect(status).toBe(200)
  expect(body.data).toEqual({ name: 'one', broken: null })
  expect(body.errors[0]).toMatchObject({ path: ['broken'], extensions: { code: 'INTERNAL' } })
  expect(JSON.stringify(body)).not.toMatch(/secret|select|\.ts/)
  expect(String(reported.at(-1))).toContain('select secret')
})

test('a problem keeps its code and words', async () => {
  const { body } = await post(await serve(fakeApi('one')), { query: '{ refused }' })
  expect(body.errors[0]).toMatchObject({
    message: 'The cursor is of another log.',
    extensions: { code: 'BAD_CURSOR', problems: [{ path: ['since'] }] },
  })
})

test('who is to come again later is told when, in GraphQL and in HTTP', async () => {
  const problems = [problem('OVERLOADED', [], 'Busy.')]
  const errors = () => [
    new GraphQLError('x', { path: ['bump'], originalError: new ProblemError(problems, 2_100) }),
  ]
  const busy = fakeApi('one')
  for (const data of [{}, { data: { name: null } }]) {
    const gateway = await serve({ ...busy, execute: () => Promise.resolve({ errors: errors(), ...data }) })
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ name }' }),
    })
    expect(response.headers.get('retry-after')).toBe('3')
    expect((await response.json()).errors[0].extensions).toEqual({
      code: 'OVERLOADED',
      problems,
      retryAfter: 2_100,
    })
  }
})

test('reads that took too long say so', async () => {
  const slow = fakeApi('one')
  const execute = () =>
    Promise.resolve({
      errors: [new GraphQLError('x', { path: ['films'], originalError: new SnapshotExpired(5000) })],
    })
  const { body } = await post(await serve({ ...slow, execute }), { query: '{ name }' })
  expect(body.errors[0]).toMatchObject({
    message: expect.stringContaining('5000 ms'),
    extensions: { code: 'SNAPSHOT_EXPIRED' },
  })
})

test.each([
  ['{ name', 'GRAPHQL_PARSE_FAILED'],
  ['{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
])('%s is answered 400 with its code', async (query, code) => {
  const { status, body } = await post(await serve(fakeApi('one')), { query })
  expect([status, body.errors[0].extensions.code]).toEqual([400, code])
})

test('a wrong variable is the asker`s mistake, not an internal error', async () => {
  const query = 'mutation Bump($by: Int) { bump(by: $by) }'
  const { body } = await post(await serve(fakeApi('one')), { query, variables: { by: 'five' } })
  expect(body.errors[0].extensions.code).not.toBe('INTERNAL')
  expect(body.errors[0].message).toContain('got invalid value "five"')
})

test('health tells that the process lives, ready that the database answers', async () => {
  let up = true
  const gateway = await serve(fakeApi('one', { ready: async () => up }))
  const get = async (path: string) => {
    const response = await fetch(gateway.url + path)
    return [response.status, await response.json()]
  }
  expect(await get('/health')).toEqual([200, { up: true }])
  expect(await get('/ready')).toEqual([200, { ready: true }])
  up = false
  expect(await get('/ready')).toEqual([503, { ready: false, reason: 'the database does not answer' }])
  expect(await get('/health')).toEqual([200, { up: true }])
  expect((await get('/nowhere'))[0]).toBe(404)
})

test('a rejected readiness check counts as not ready', async () => {
  const gateway = await serve(fakeApi('one', { ready: () => Promise.reject(new Error('gone')) }))
  expect((await fetch(`${gateway.url}/ready`)).status).toBe(503)
})

test('a taken port is named, with the way out', async () => {
  const first = await serve(fakeApi('one'))
  const second = createGateway({
    api: fakeApi('two'),
    port: first.port,
    host: '127.0.0.1',
    introspection: true,
    door: { origins: [], local: true },
    report: () => {},
  })
  await expect(second).rejects.toMatchObject({
    problems: [{ code: 'PORT_IN_USE', message: expect.stringContaining(`PORT=${first.port + 1} npm start`) }],
  })
})

test('after a swap new requests see the new schema; what runs ends under the old one', async () => {
  const old = fakeApi('old')
  const gateway = await serve(old)
  const running = post(gateway, { query: '{ slow }' })
  await old.slow
  let over = false
  const swapped = gateway.swap(fakeApi('new', { extra: 'year: Int' })).then(() => {
    over = true
  })
  expect((await post(gateway, { query: '{ name year }' })).body).toEqual({
    data: { name: 'new', year: null },
  })
  expect(over).toBe(false)
  old.release()
  expect((await running).body).toEqual({ data: { slow: 'done' } })
  await swapped
})

test('closing waits for a running request, then refuses connections', async () => {
  const api = fakeApi('one')
  const gateway = await serve(api)
  let answered = false
  const running = post(gateway, { query: '{ slow }' }).then(result => {
    answered = true
    return result
  })
  await api.slow
  const closing = gateway.close()
  expect(answered).toBe(false)
  api.release()
  expect((await running).body).toEqual({ data: { slow: 'done' } })
  await closing
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow()
})

test('closing does not wait for ever', async () => {
  const api = fakeApi('one')
  const gateway = await serve(api, { grace: 50 })
  const stuck = post(gateway, { query: '{ slow }' }).catch(error => error)
  await api.slow
  await gateway.close()
  expect(await stuck).toBeInstanceOf(Error)
})

import { expect, test } from 'vitest'
import { isLoopback, readEnvironment } from './environment.ts'

test('has defaults that let nobody else in', () => {
  expect(readEnvironment({})).toEqual({ databaseUrl: undefined, port: 4000, host: '127.0.0.1', origins: [] })
})

test('reads its variables; empty ones count as missing', () => {
  const variables = {
    PORT: '80',
    HOST: '0.0.0.0',
    DATABASE_URL: 'postgres://db/x',
    ZG_ORIGINS: 'https://a.example/, https://b.example,',
  }
  expect(readEnvironment(variables)).toEqual({
    databaseUrl: 'postgres://db/x',
    port: 80,
    host: '0.0.0.0',
    origins: ['https://a.example', 'https://b.example'],
  })
  expect(readEnvironment({ PORT: '', HOST: '', DATABASE_URL: '' })).toMatchObject({
    port: 4000,
    databaseUrl: undefined,
  })
})

test.each(['x', '-1', '65536', '4000.5', '4e3'])('PORT=%s is refused', PORT => {
  expect(() => readEnvironment({ PORT })).toThrow(/^BAD_PORT at PORT/)
})

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['192.168.1.5', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

import { afterEach } from 'vitest'
import type { Api } from './api.ts'
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'

const open: Gateway[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map(gateway => gateway.close()))
})

/** What the gateway reported as hidden errors, newest last. */
export const reported: unknown[] = []

/** A gateway on a free port, closed after the test. */
export async function serve(api: Api, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await createGateway({
    api,
    port: 0,
    host: '127.0.0.1',
    introspection: true,
    door: { origins: [], local: true },
    report: error => reported.push(error),
    ...options,
  })
  open.push(gateway)
  return gateway
}

/** Posts an operation as most clients do. */
export async function post(
  gateway: Gateway,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: any }> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text && JSON.parse(text) }
}

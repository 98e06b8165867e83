import type { ServerResponse } from 'node:http'
import type { Refusal } from './door.ts'

/** Sends a small JSON document and ends the response. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(`${JSON.stringify(body)}\n`)
}

/** Refuses in the shape of GraphQL errors, so that clients show the message. */
export function answerRefusal(response: ServerResponse, { status, code, message, allow }: Refusal): void {
  // The body of a refused request is not read: the connection cannot be used again.
  answerJson(
    response,
    status,
    { errors: [{ message, extensions: { code } }] },
    {
      connection: 'close',
      ...(allow ? { allow } : {}),
    },
  )
}

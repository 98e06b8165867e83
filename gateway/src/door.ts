import type { IncomingHttpHeaders } from 'node:http'

/** Whom the gateway lets in, decided from the request line and headers alone. */
export interface DoorOptions {
  /** Origins of pages (besides the gateway's own) that may call, e.g. `https://app.example.org`. */
  readonly origins: readonly string[]
  /**
   * Development: pages of this machine may call, and the gateway must be called by a loopback name, or a page of
   * the internet could reach it by letting its own name point here (DNS rebinding).
   */
  readonly local: boolean
}

export interface Refusal {
  readonly status: 403 | 405 | 413 | 415
  readonly code: string
  readonly message: string
  readonly allow?: string
}

/** The largest body, in bytes. */
export const MAX_BODY = 1_000_000

interface Knock {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Refuses calls made on behalf of a foreign page: browsers always say where such a call comes from. */
export function refuseForeign({ headers }: Knock, options: DoorOptions): Refusal | undefined {
  const host = headers.host ?? ''
  if (options.local && !isLoopback(host)) {
    return refusal(
      403,
      'FOREIGN_HOST',
      `This development server answers as localhost only, not as "${host}".`,
    )
  }
  const { origin } = headers
  if (origin === undefined) {
    // Without Origin only reading requests arrive from a page; across sites not even those.
    return headers['sec-fetch-site'] === 'cross-site' ? foreign('another site') : undefined
  }
  const own = origin.replace(/^https?:\/\//, '') === host
  if (own || options.origins.includes(origin)) return undefined
  if (options.local && isLoopback(origin.replace(/^https?:\/\//, ''))) return undefined
  return foreign(`"${origin}"`)
}

/** Refuses whatever is not a JSON document posted by POST: no form, plain link or image can make such a request. */
export function refuseForm({ method, headers }: Knock): Refusal | undefined {
  if (method !== 'POST') {
    const message = 'GraphQL is answered by POST with Content-Type: application/json.'
    return { ...refusal(405, 'METHOD_NOT_ALLOWED', message), allow: 'POST' }
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    return refusal(
      415,
      'UNSUPPORTED_TYPE',
      'Send the operation as JSON, with Content-Type: application/json.',
    )
  }
  const encoding = headers['content-encoding']
  if (encoding && encoding !== 'identity') {
    return refusal(415, 'UNSUPPORTED_ENCODING', 'Send the body as it is, without Content-Encoding.')
  }
  if (Number(headers['content-length'] ?? 0) > MAX_BODY) {
    return refusal(413, 'BODY_TOO_LARGE', `A request may have ${MAX_BODY} bytes at most.`)
  }
  return undefined
}

function foreign(who: string): Refusal {
  const message = `Pages of ${who} may not call this gateway. To allow an origin, list it in ZG_ORIGINS.`
  return refusal(403, 'FOREIGN_ORIGIN', message)
}

function refusal(status: Refusal['status'], code: string, message: string): Refusal {
  return { status, code, message }
}

/** `host[:port]` of this machine. */
function isLoopback(host: string): boolean {
  return /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host)
}

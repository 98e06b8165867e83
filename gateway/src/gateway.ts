import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { ProblemError, problem } from '@zg/core/problem'
import { machine } from '@zg/store/host'
import { answerJson, answerRefusal } from './answer.ts'
import type { Api } from './api.ts'
import { type DoorOptions, refuseForeign, refuseForm } from './door.ts'
import { type Generation, generation } from './generation.ts'
import {
  answerWithoutGraphiql,
  createGraphiql,
  type Graphiql,
  type GraphiqlOptions,
} from './graphiql/serve.ts'
import { createHttpHandler, type HttpHandler } from './http.ts'
import { createMask } from './mask.ts'
import type { Retirement } from './retirement.ts'
import { createSockets, MAX_BUFFERED, type Sockets } from './sockets.ts'
import type { Complaint } from './sync/complaints.ts'
import { type SyncServer, serveSync } from './sync/serve.ts'
import { createSyncSockets, SYNC_ENDPOINT, type SyncSockets } from './sync/sockets.ts'

/** The path of everything GraphQL: HTTP, WebSocket, SSE and the GraphiQL page. */
export const ENDPOINT = '/graphql'

export interface GatewayOptions {
  readonly api: Api
  /** 0 takes a free one. */
  readonly port: number
  /** The address to listen on: `127.0.0.1` for this machine only, `0.0.0.0` for all. */
  readonly host: string
  /** Absent: no page. */
  readonly graphiql?: GraphiqlOptions
  /** Answer `__schema`, and suggest names in error messages. */
  readonly introspection: boolean
  readonly door: DoorOptions
  /** Receives errors that strangers see as `INTERNAL`, with the reference they got. */
  readonly report: (error: unknown, reference: string) => void
  /** Receives what replicas did wrong; by default nobody hears of it. */
  readonly complain?: (complaint: Complaint) => void
  /** Bytes kept for one reader of a stream who does not fetch them; beyond, it is ended with `SLOW_READER`. Default 1 MB. */
  readonly maxBuffered?: number
  /** Longest time, in ms, that closing waits for running requests. */
  readonly grace?: number
}

export interface Gateway {
  readonly port: number
  /** `http://localhost:4000`, without a path. */
  readonly url: string
  /**
   * Serves another API from now on. Running requests end under the old one; live subscriptions are ended with
   * `SCHEMA_CHANGED` (WebSockets are closed with 1012, on which clients subscribe again). Resolves when nothing
   * runs under the old API any more, or after the grace time.
   */
  swap(api: Api): Promise<void>
  /** Ends subscriptions with `SHUTTING_DOWN`, lets running requests end, then closes. Takes `grace` at most. */
  close(): Promise<void>
}

/** Listens, or throws `PORT_IN_USE` or `CANNOT_LISTEN`. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { grace = 4_000, maxBuffered, introspection } = options
  const mask = createMask({
    suggestions: options.introspection,
    report: options.report,
    reference: () => randomBytes(4).toString('hex'),
  })
  const replicas = createSyncSockets(8 * (maxBuffered ?? MAX_BUFFERED))
  const serve = (api: Api): Served => {
    const sync = syncOf(api, options, error => void mask(error))
    return { ...generation(api, mask), sync, unwatch: sync ? replicas.watch(sync) : () => {} }
  }
  let current = serve(options.api)
  let closing: Promise<void> | undefined
  const sockets = createSockets({ current: () => current, introspection, mask, maxBuffered })
  const parts: Parts = {
    current: () => current,
    isClosing: () => closing !== undefined,
    graphql: createHttpHandler({ introspection, mask, maxBuffered }),
    graphiql: options.graphiql && createGraphiql(ENDPOINT, options.graphiql),
    door: options.door,
    sockets,
    replicas,
  }

  // Clients that send their request drop by drop are cut off; answers may take as long as they like.
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 })
  server.on('request', (request, response) => {
    route(request, response, parts).catch(error => {
      const { message, extensions } = mask(error)
      answerJson(response, 500, { errors: [{ message, extensions }] }, { connection: 'close' })
      response.end()
    })
  })
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, parts))
  const port = await listen(server, options)

  const end = async (old: Served, reason: Retirement, code: number): Promise<void> => {
    old.retire(reason)
    old.unwatch()
    old.sync?.closeAll(reason.code, reason.message)
    await within(grace, old.idle())
    sockets.closeAll(code, reason.code)
  }
  return {
    port,
    url: `http://${options.host === '127.0.0.1' || options.host === '0.0.0.0' ? 'localhost' : options.host}:${port}`,
    swap: async api => {
      const old = current
      current = serve(api)
      await end(old, { code: 'SCHEMA_CHANGED', message: 'The schema changed: subscribe again.' }, 1012)
    },
    close: () => {
      closing ??= (async () => {
        const closed = new Promise<void>(resolve => server.close(() => resolve()))
        const message = 'The gateway is shutting down: connect again and resume from your cursor.'
        await end(current, { code: 'SHUTTING_DOWN', message }, 1001)
        server.closeIdleConnections()
        await within(500, closed)
        sockets.terminate()
        replicas.terminate()
        server.closeAllConnections()
        await closed
      })()
      return closing
    },
  }
}

/** What is served, by GraphQL and to replicas. */
interface Served extends Generation {
  readonly sync: SyncServer | null
  /** No longer looks for silent replicas. */
  unwatch(): void
}

function syncOf(
  { sync }: Api,
  { complain }: GatewayOptions,
  report: (error: unknown) => void,
): SyncServer | null {
  if (!sync) return null
  return serveSync({ ...sync, now: machine.now, report, ...(complain ? { complain } : {}) })
}

interface Parts {
  readonly current: () => Served
  readonly isClosing: () => boolean
  readonly graphql: HttpHandler
  readonly graphiql: Graphiql | undefined
  readonly door: DoorOptions
  readonly sockets: Sockets
  readonly replicas: SyncSockets
}

async function route(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const path = pathOf(request)
  const reading = request.method === 'GET' || request.method === 'HEAD'
  if (path === '/health') return answerJson(response, 200, { up: true })
  if (path === '/ready') return answerReady(response, parts)
  const foreign = refuseForeign(request, parts.door)
  // A link on a foreign page may lead to the GraphiQL page: a top-level visit reads nothing for that page.
  const visit =
    reading && request.headers['sec-fetch-mode'] === 'navigate' && foreign?.code === 'FOREIGN_ORIGIN'
  if (foreign && !visit) return answerRefusal(response, foreign)
  if (path === ENDPOINT) {
    if (reading && parts.graphiql && request.headers.accept?.includes('text/html')) {
      return parts.graphiql.page(response).catch(error => answerWithoutGraphiql(response, error))
    }
    const form = refuseForm(request)
    return form ? answerRefusal(response, form) : parts.graphql(request, response, parts.current())
  }
  if (reading && parts.graphiql) {
    if (path === '/') {
      response.writeHead(302, { location: ENDPOINT }).end()
      return
    }
    if (path.startsWith(`${ENDPOINT}/assets/`) && (await parts.graphiql.asset(path, response))) return
  }
  answerJson(response, 404, {
    errors: [{ message: `Nothing here. GraphQL is at ${ENDPOINT}.`, extensions: { code: 'NOT_FOUND' } }],
  })
}

/** 200 only if a query would be answered now. */
async function answerReady(response: ServerResponse, parts: Parts): Promise<void> {
  const no = (reason: string) => answerJson(response, 503, { ready: false, reason }, { 'retry-after': '1' })
  if (parts.isClosing()) return no('shutting down')
  const answered = await within(3_000, parts.current().api.ready()).catch(() => false)
  return answered ? answerJson(response, 200, { ready: true }) : no('the database does not answer')
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, parts: Parts): void {
  // A client that hangs up in the middle is no error of ours.
  socket.on('error', () => {})
  const refusal = refuseForeign(request, parts.door)
  const path = pathOf(request)
  const { api, sync } = parts.current()
  if (path !== ENDPOINT && !(path === SYNC_ENDPOINT && sync)) refuseUpgrade(socket, '404 Not Found')
  else if (refusal) refuseUpgrade(socket, '403 Forbidden')
  else if (parts.isClosing()) refuseUpgrade(socket, '503 Service Unavailable')
  else if (path === SYNC_ENDPOINT && sync && api.sync)
    parts.replicas.accept(sync, api.sync.scope, request, socket, head)
  else parts.sockets.accept(request, socket, head)
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

/** Throws what `createGateway` would: worth asking before a database is opened for nothing. */
export async function checkPort(where: Pick<GatewayOptions, 'port' | 'host'>): Promise<void> {
  const server = createServer()
  await listen(server, where)
  await new Promise(resolve => server.close(resolve))
}

async function listen(
  server: Server,
  { port, host }: Pick<GatewayOptions, 'port' | 'host'>,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, port, host)))
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}

function cannotListen(error: NodeJS.ErrnoException, port: number, host: string): ProblemError {
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} is taken by another program. Stop that one, or choose a port: PORT=${port + 1} npm start`
    return new ProblemError([problem('PORT_IN_USE', ['PORT'], message)])
  }
  const message = `Cannot listen on ${host}:${port} (${error.code}). Choose another HOST or PORT.`
  return new ProblemError([problem('CANNOT_LISTEN', ['PORT'], message)])
}

/** What the promise gives, or undefined when it takes longer than `ms`. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ExecutionArgs, GraphQLError } from 'graphql'
import { useServer as serve } from 'graphql-ws/use/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { checkDocument, checkVariables, parseDocument } from './document.ts'
import { MAX_BODY } from './door.ts'
import type { Generation } from './generation.ts'
import { type Mask, SLOW_READER } from './mask.ts'
import { joined } from './splice.ts'

export interface SocketOptions {
  /** The API to serve right now. */
  readonly current: () => Generation
  readonly introspection: boolean
  readonly mask: Mask
  /** Operations at once on one socket. */
  readonly maxOperations?: number
  /** Bytes waiting for one reader, beyond which its socket is closed with 4413: it resumes from its cursor. */
  readonly maxBuffered?: number
}

export interface Sockets {
  /** Takes over an upgraded connection. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes every socket with a code that makes clients connect and subscribe again. */
  closeAll(code: number, reason: string): void
  /** Ends whatever is left, without a farewell. */
  terminate(): void
}

/** One running operation: the API it began under, and the way to stop it. */
interface Running {
  readonly generation: Generation
  readonly leave: AbortController
  readonly id: string
  readonly socket: WebSocket
}

/** Bytes kept back for one reader, by default. */
export const MAX_BUFFERED = 1_000_000

/** GraphQL over WebSocket by the graphql-transport-ws protocol; documents and limits are those of HTTP. */
export function createSockets(options: SocketOptions): Sockets {
  const { maxOperations = 200, maxBuffered = MAX_BUFFERED } = options
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY })
  const running = new WeakMap<WebSocket, Map<string, Running>>()

  const operationsOf = (socket: WebSocket): Map<string, Running> => {
    const known = running.get(socket)
    if (known) return known
    const fresh = new Map<string, Running>()
    running.set(socket, fresh)
    return fresh
  }

  serve(
    {
      // A socket that says nothing is not kept.
      connectionInitWaitTimeout: 5_000,
      onSubscribe: ({ extra: { socket } }, id, payload) => {
        const operations = operationsOf(socket)
        if (operations.size >= maxOperations) return [tooMany(maxOperations)]
        const generation = options.current()
        const prepared = prepare(payload, generation, options)
        if (isRefused(prepared)) return prepared.map(options.mask)
        const operation: Running = { generation, leave: new AbortController(), id, socket }
        operations.set(id, operation)
        return { ...prepared, contextValue: operation }
      },
      execute: args => run(args, 'execute'),
      subscribe: args => subscribe(args, maxBuffered),
      onNext: ({ extra: { socket } }) => {
        // Answers to queries and streams of one's own wait for the reader; only many at once come to that.
        if (socket.bufferedAmount > 8 * maxBuffered) closeSlow(socket)
      },
      onError: (_context, _id, _payload, errors) => errors.map(error => options.mask(error).toJSON()),
      onComplete: ({ extra: { socket } }, id) => {
        const operations = operationsOf(socket)
        operations.get(id)?.leave.abort()
        operations.delete(id)
      },
      onClose: ({ extra: { socket } }) => {
        for (const { leave } of operationsOf(socket).values()) leave.abort()
        operationsOf(socket).clear()
      },
    },
    server,
  )

  return {
    accept: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, webSocket => server.emit('connection', webSocket, request))
    },
    closeAll: (code, reason) => {
      for (const socket of server.clients) socket.close(code, reason)
    },
    terminate: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

type Prepared = Omit<ExecutionArgs, 'contextValue'>

/** Parses and checks what a subscribe message carries. */
function prepare(
  payload: { readonly query: string; readonly variables?: unknown; readonly operationName?: string | null },
  generation: Generation,
  { introspection }: SocketOptions,
): Prepared | readonly unknown[] {
  try {
    const large = checkVariables(payload.variables)
    if (large) return [large]
    const document = parseDocument(payload.query)
    const errors = checkDocument(generation.api.schema, document, { introspection })
    if (errors.length) return errors
    return {
      schema: generation.api.schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables as ExecutionArgs['variableValues'],
    }
  } catch (error) {
    return [error]
  }
}

function isRefused(prepared: Prepared | readonly unknown[]): prepared is readonly unknown[] {
  return Array.isArray(prepared)
}

function run(args: ExecutionArgs, how: 'execute' | 'subscribe') {
  const { generation, leave } = args.contextValue as Running
  const { document, variableValues, operationName } = args
  const operation = { document, variableValues, operationName, signal: leave.signal }
  const result = how === 'execute' ? generation.execute(operation) : generation.subscribe(operation, false)
  return result as Promise<never>
}

/** Joins those who ask the same; whoever asks for something of their own is sent it as fast as they read. */
function subscribe(args: ExecutionArgs, limit: number): Promise<never> {
  const { generation, leave, id, socket } = args.contextValue as Running
  const { document, variableValues, operationName } = args
  const shared = generation.share({ document, variableValues, operationName, signal: leave.signal })
  if (!shared) return run(args, 'subscribe')
  const slow = () => {
    leave.abort()
    closeSlow(socket)
  }
  return joined(shared, { socket, id, limit, slow }) as Promise<never>
}

function closeSlow(socket: WebSocket): void {
  socket.close(SLOW_READER.close, SLOW_READER.code)
}

function tooMany(limit: number): GraphQLError {
  return new GraphQLError(
    `One socket may run ${limit} operations at once: complete some, or open another socket.`,
    {
      extensions: { code: 'TOO_MANY_OPERATIONS' },
    },
  )
}

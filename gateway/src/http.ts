import type { IncomingMessage, ServerResponse } from 'node:http'
import { textOf } from '@zg/schema-builder/execute/text'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type Source,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { bodyOf } from './body.ts'
import { checkDocument, checkVariables, parseDocument } from './document.ts'
import type { Generation } from './generation.ts'
import { mailbox } from './mailbox.ts'
import type { Mask } from './mask.ts'
import { type Retirement, retirementError } from './retirement.ts'
import { MAX_BUFFERED } from './sockets.ts'

/** What Yoga carries from the request to the plugin: the API that was current when the request came. */
interface ServerContext extends Record<string, unknown> {
  readonly generation: Generation
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
}

export interface HttpOptions {
  readonly introspection: boolean
  readonly mask: Mask
  /** Bytes waiting for one reader of a stream, beyond which it is ended with `SLOW_READER`. */
  readonly maxBuffered?: number
}

/** How long (ms) a reader who was told to be too slow may take to read that, before its connection is cut. */
const LAST_WORDS = 30_000

export type HttpHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  generation: Generation,
) => Promise<void>

/**
 * GraphQL over HTTP: queries and mutations as JSON, subscriptions as server-sent events (`Accept: text/event-stream`,
 * the distinct connections mode of the graphql-sse protocol). Yoga reads and answers; documents, limits and execution
 * are ours, the same as over WebSocket.
 */
export function createHttpHandler(options: HttpOptions): HttpHandler {
  const yoga = createYoga<ServerContext>({
    schema: ({ generation }) => generation.api.schema,
    plugins: [operations(options)],
    maskedErrors: { maskError: options.mask },
    // `bodyOf` counts.
    maxRequestBodySize: false,
    batching: false,
    multipart: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
  })
  return async (request, response, generation) => {
    await yoga.handle(request, response, { generation, incoming: request, response })
  }
}

function operations({
  introspection,
  mask,
  maxBuffered,
}: HttpOptions): Plugin<Record<string, unknown>, ServerContext> {
  return {
    onRequestParse({ requestParser, serverContext, setRequestParser }) {
      if (!requestParser || !serverContext) return
      // A body needs no stream of the fetch API, nor what watches over one.
      const text = () => bodyOf(serverContext.incoming)
      setRequestParser(() => requestParser({ json: async () => JSON.parse(await text()) } as Request))
    },
    onParams({ params }) {
      const large = checkVariables(params.variables)
      if (large) throw large
    },
    onParse({ setParseFn }) {
      setParseFn((source: string | Source) => parseDocument(source))
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema: GraphQLSchema, document: DocumentNode) =>
        checkDocument(schema, document, { introspection }),
      )
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs) =>
        written((await started(args, 'execute')) as ExecutionResult),
      )
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => subscribed(args, maxBuffered))
    },
    onResultProcess({ result, setResult }) {
      if (!('errors' in result) || !result.errors) return
      const started = 'data' in result
      const errors = result.errors.map(error => withDelay(started ? error : withStatus(mask(error))))
      setResult({ ...result, errors })
    },
  }
}

/** Yoga writes a result by its own `stringify`, if it has one: a plan has written it already. */
function written(result: ExecutionResult): ExecutionResult & { stringify?(): string } {
  return result.errors ? result : { stringify: () => textOf(result) }
}

/**
 * A request that could not even start is answered 400 (a bug of ours: 500), in every media type. Yoga alone would say
 * 200 to `application/json`, which scripts and monitors take for success.
 */
function withStatus(error: GraphQLError): GraphQLError {
  const known = error.extensions.http as { readonly status?: number } | undefined
  const status = error.extensions.code === 'INTERNAL' ? 500 : (known?.status ?? 400)
  const { message, nodes, source, positions, path } = error
  const extensions = { ...error.extensions, http: { ...known, status, spec: false } }
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}

/** Says in HTTP's own words, too, when to ask again: proxies and libraries know those. */
function withDelay(error: GraphQLError): GraphQLError {
  const { retryAfter, http, ...rest } = error.extensions
  if (typeof retryAfter !== 'number') return error
  const headers = { 'retry-after': String(Math.ceil(retryAfter / 1_000)) }
  const extensions = { ...rest, retryAfter, http: { ...(http as object | undefined), headers } }
  const { message, nodes, source, positions, path } = error
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}

/** Joins those who ask the same, or starts a stream of the asker's own. */
function subscribed(args: ExecutionArgs, limit = MAX_BUFFERED) {
  const { generation, request, response } = args.contextValue as ServerContext & { readonly request: Request }
  const { document, variableValues, operationName } = args
  const left = new AbortController()
  const signal = AbortSignal.any([request.signal, left.signal])
  const shared = generation.share({ document, variableValues, operationName, signal })
  if (!shared) return started(args, 'subscribe')
  return mailbox(shared, {
    limit,
    leave: () => left.abort(),
    farewell: () => retirementError(generation.retired.reason as Retirement),
    slow: () => {
      const cut = setTimeout(() => response.destroy(), LAST_WORDS)
      response.once('close', () => clearTimeout(cut))
    },
  })
}

function started(args: ExecutionArgs, how: 'execute' | 'subscribe') {
  const { generation, request } = args.contextValue as ServerContext & { readonly request: Request }
  const { document, variableValues, operationName } = args
  const operation = { document, variableValues, operationName, signal: request.signal }
  return how === 'execute' ? generation.execute(operation) : generation.subscribe(operation, true)
}

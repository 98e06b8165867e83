import { ProblemError } from '@zg/core/problem'
import { SnapshotExpired } from '@zg/store/session'
import { GraphQLError } from 'graphql'

/** Turns what went wrong into what a stranger may read. */
export type Mask = (error: unknown) => GraphQLError

export interface MaskOptions {
  /** Keep "Did you mean ...?": it tells names of the schema, so it goes where introspection goes. */
  readonly suggestions: boolean
  /** Receives what was hidden, with the reference that the stranger got. */
  readonly report: (error: unknown, reference: string) => void
  /** A short random text, different each time. */
  readonly reference: () => string
}

/**
 * Errors that GraphQL or we made on purpose keep their message and get a `code`; everything else is a bug or an
 * outage: it is reported here, and outside it is `INTERNAL` with a reference. No SQL, no stack, no path gets out.
 */
export function createMask(options: MaskOptions): Mask {
  const seen = new WeakSet<GraphQLError>()
  return error => {
    if (error instanceof GraphQLError && seen.has(error)) return error
    const masked = toGraphQL(error, options)
    seen.add(masked)
    return masked
  }
}

function toGraphQL(error: unknown, options: MaskOptions): GraphQLError {
  const located = error instanceof GraphQLError ? error : undefined
  // Without a path it comes from parsing, validating or reading variables: the asker's own mistake, in GraphQL's words. But not
  // what a stream broke with: graphql-ws wraps that, and it is of no place in the document.
  const wrapped = located?.originalError !== undefined && !located.nodes && !located.source
  if (located && !located.path && !wrapped) return coded(located, located, options)
  const cause = root(error)
  if (cause instanceof ProblemError) return fromProblems(cause, located)
  if (cause instanceof GraphQLError) return coded(cause, located ?? cause, options)
  if (cause instanceof SnapshotExpired)
    return withExtensions(cause.message, located, { code: 'SNAPSHOT_EXPIRED' })
  const reference = options.reference()
  options.report(cause, reference)
  return withExtensions(`Something went wrong at the gateway (reference ${reference}).`, located, {
    code: 'INTERNAL',
    reference,
  })
}

function root(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

function fromProblems(error: ProblemError, located: GraphQLError | undefined): GraphQLError {
  const [first] = error.problems
  const message = error.problems.map(each => each.message).join('\n')
  const { problems, retryAfter } = error
  const hint = retryAfter === null ? {} : { retryAfter }
  return withExtensions(message, located, { code: first?.code ?? 'INTERNAL', problems, ...hint })
}

function coded(cause: GraphQLError, located: GraphQLError, options: MaskOptions): GraphQLError {
  const message = options.suggestions ? cause.message : cause.message.replace(/ Did you mean .*\?$/s, '')
  const code = cause.extensions.code ?? usualCode(located)
  return withExtensions(message, located, { ...cause.extensions, code })
}

/** What Yoga and Apollo call the errors that graphql itself leaves without a code. */
function usualCode({ message, path }: GraphQLError): string {
  if (path) return 'BAD_REQUEST'
  return message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED'
}

function withExtensions(
  message: string,
  located: GraphQLError | undefined,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(message, {
    nodes: located?.nodes,
    source: located?.source,
    positions: located?.positions,
    path: located?.path,
    extensions,
  })
}

/**
 * What a reader is told for whom more waits than a gateway keeps. Over WebSocket it is the reason of close code 4413,
 * after which graphql-ws clients connect again by themselves; over SSE the code of the last result's error.
 */
export const SLOW_READER = {
  code: 'SLOW_READER',
  close: 4413,
  message: 'You read more slowly than changes arrive. Resume from the last cursor you received.',
} as const

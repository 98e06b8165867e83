import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql'

/**
 * What a gateway serves: one schema over one store. A gateway can change from one to another while it runs
 * (`Gateway.swap`); whatever began under the old one ends under it.
 */
export interface Api {
  readonly schema: GraphQLSchema
  /** Runs a query or mutation that was parsed and validated. Failures are in the result, it does not throw. */
  execute(operation: Operation): Promise<ExecutionResult>
  /** Starts a subscription: a stream of results, or the reasons why there is none. */
  subscribe(operation: Operation): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>
  /** Does the database answer? False or a rejection makes `GET /ready` say 503. */
  ready(): Promise<boolean>
}

export interface Operation extends Pick<ExecutionArgs, 'document' | 'variableValues' | 'operationName'> {
  /** Aborts when the asker went away or the gateway retires the API: reads and streams may stop. */
  readonly signal: AbortSignal
}

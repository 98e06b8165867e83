import { GraphQLError } from 'graphql'

/** Why a gateway ends streams on its own account. */
export interface Retirement {
  readonly code: 'SCHEMA_CHANGED' | 'SHUTTING_DOWN'
  readonly message: string
}

/** What the last event of a stream says when the gateway ends it. */
export function retirementError({ code, message }: Retirement): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

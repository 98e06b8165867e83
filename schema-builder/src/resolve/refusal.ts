import type { Problem } from '@zg/core/problem'
import { GraphQLError } from 'graphql'

/** A refusal of a read, for the asker to see: what, where, what to do, and a stable code. */
export function refusal(code: string, path: readonly string[], message: string): GraphQLError {
  const where = path.length ? `${path.join('.')}: ` : ''
  return new GraphQLError(`${where}${message}`, { extensions: { code, path } })
}

/** A problem that a port or core found in what the asker sent. */
export function refused({ code, path, message }: Problem): GraphQLError {
  return refusal(code, path, message)
}

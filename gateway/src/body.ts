import type { IncomingMessage } from 'node:http'
import { GraphQLError } from 'graphql'
import { MAX_BODY } from './door.ts'

/** A request's body as text. Rejects, in the shape that Yoga answers, what is too large or breaks off. */
export function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const refuse = (status: number, code: string, message: string) => {
      request.removeAllListeners('data')
      // Whatever else comes is read and thrown away: the answer is under way.
      request.resume()
      reject(new GraphQLError(message, { extensions: { code, http: { status } } }))
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BODY)
        refuse(413, 'REQUEST_ENTITY_TOO_LARGE', `A request may have ${MAX_BODY} bytes at most.`)
      else chunks.push(chunk)
    })
    request.once('end', () =>
      resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString()),
    )
    request.once('error', () => refuse(400, 'BAD_REQUEST', 'The request broke off before its end.'))
  })
}

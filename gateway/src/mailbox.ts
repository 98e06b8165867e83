import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Joinable } from './generation.ts'
import type { Packet } from './listener.ts'
import { SLOW_READER } from './mask.ts'
import { createOutlet } from './outlet.ts'

export interface MailboxOptions {
  /** Most bytes to keep back for a slow reader, who is then told so with the last result. */
  readonly limit: number
  /** Nobody reads any more. */
  leave(): void
  /** What the last result says when the gateway ends the stream. */
  farewell(): GraphQLError
  /** The reader was too slow; what it does not read even now may be cut off. */
  slow(): void
}

/** Joins a shared stream for a reader that pulls, such as a response body. */
export async function mailbox(
  { whole, join }: Joinable,
  { limit, leave, farewell, slow }: MailboxOptions,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  type Result = IteratorResult<ExecutionResult>
  let reading: { resolve(result: Result): void; reject(error: unknown): void } | null = null
  let slot: { readonly packet: Packet; taken(): void } | null = null
  let last: (() => Promise<Result>) | null = null

  const outlet = createOutlet({
    whole,
    limit,
    send: packet => {
      if (reading) {
        reading.resolve({ done: false, value: written(packet) })
        reading = null
        return
      }
      return new Promise(resolve => {
        slot = { packet, taken: resolve }
      })
    },
    overflow: () => {
      leave()
      finish([new GraphQLError(SLOW_READER.message, { extensions: { code: SLOW_READER.code } })])
      slow()
    },
  })
  /** After what is still in the slot: these errors, if any, and the end. */
  const finish = (errors: readonly GraphQLError[] = []): void => {
    let said = errors.length === 0
    settle(async () => {
      if (said) return DONE
      said = true
      return { done: false, value: { errors } }
    })
  }
  const settle = (ending: () => Promise<Result>): void => {
    last ??= ending
    const reader = reading
    reading = null
    if (reader) last().then(reader.resolve, reader.reject)
  }

  const refused = await join({
    next: outlet.push,
    ready: outlet.ready,
    end: ending => {
      if (ending.kind === 'failed') settle(() => Promise.reject(ending.error))
      else if (ending.kind === 'retired') finish([farewell()])
      else outlet.finish(() => finish())
    },
  })
  if (refused) return refused
  const iterator: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => {
      const held = slot
      slot = null
      if (held) {
        held.taken()
        return Promise.resolve({ done: false, value: written(held.packet) })
      }
      if (last) return last()
      return new Promise((resolve, reject) => {
        reading = { resolve, reject }
      })
    },
    return: () => {
      leave()
      finish()
      return Promise.resolve(DONE)
    },
  }
  return iterator
}

const DONE = { done: true, value: undefined } as const

/** Yoga writes a result by its own `stringify`, if it has one: here, as it was written for all. */
function written({ result, text }: Packet): ExecutionResult & { stringify(): string } {
  return { ...(result.errors ? result : {}), stringify: () => text }
}

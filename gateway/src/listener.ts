import type { ExecutionResult } from 'graphql'

/** One result on its way to everybody who asked the same: serialised once. */
export interface Packet {
  readonly result: ExecutionResult
  readonly text: string
  readonly bytes: number
}

export type Ending =
  /** There is no more. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The gateway itself ends it. */
  | { readonly kind: 'retired' }

/** A reader of a shared stream. None of the functions may throw. */
export interface Listener {
  next(packet: Packet): void
  end(ending: Ending): void
  /** Resolves once what was handed over before is taken; nothing means that it is. Only a reader on their own way is waited for. */
  ready?(): Promise<void> | undefined
}

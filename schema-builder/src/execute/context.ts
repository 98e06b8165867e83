import type { Position } from '@zg/core/ports/position'
import { createOperation, type Operation } from './operation.ts'
import type { Services } from './services.ts'

/** The part of a GraphQL context that the generated resolvers use. */
export interface Context {
  readonly zg: Operation
  readonly span?: Span
}

/** Which part of a feed is followed, whatever position the document names. */
export interface Span {
  /** From this moment on. */
  readonly fromNow?: boolean
  /** How far the next batch may go, for now; null: as far as there is. */
  until?(): Position | null
}

/** A context for one operation. Run it with `execute` and `subscribe` from here: they end what it opened. */
export function createContext(services: Services): Context {
  return { zg: createOperation(services) }
}

/** The same asker's next run: a new snapshot, nothing loaded yet. Whatever else the context holds stays. */
export function fork<C extends Context>(context: C): C {
  return { ...context, zg: createOperation(context.zg.services) }
}

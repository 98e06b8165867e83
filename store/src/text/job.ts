import type { TextSource } from '@zg/core/change/kinds/text'
import type { AdmitRequest } from '@zg/core/ports/textWork'
import type { Placed } from './desk.ts'

/** What the thread is asked; each job has one answer, after `begun`. */
export type Job =
  | { readonly kind: 'read'; readonly sources: readonly TextSource[] }
  | ({ readonly kind: 'admit'; readonly placed: Placed } & Pick<AdmitRequest, 'updates' | 'plain'>)
  | { readonly kind: 'revise'; readonly source: TextSource; readonly value: string; readonly client: number }

export type Answer =
  /** Once, when its modules are loaded. */
  | { readonly kind: 'ready' }
  /** With the opening of texts, or with judging updates of them. `cpu`: what the thread has computed so far, in ms. */
  | { readonly kind: 'begun'; readonly part: 'open' | 'judge'; readonly cpu: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly message: string }

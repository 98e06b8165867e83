import type { TextSource } from '@zg/core/change/kinds/text'

/** What the thread is asked; each job has one answer, after `begun`. */
export type Job =
  | { readonly kind: 'read'; readonly sources: readonly TextSource[] }
  | { readonly kind: 'admit'; readonly source: TextSource; readonly update: Uint8Array }
  | { readonly kind: 'revise'; readonly source: TextSource; readonly value: string; readonly client: number }

export type Answer =
  /** Once, when its modules are loaded. */
  | { readonly kind: 'ready' }
  /** `cpu`: what the thread has computed so far, in ms. */
  | { readonly kind: 'begun'; readonly cpu: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly message: string }

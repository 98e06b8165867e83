import type { Json } from '../json.ts'

/** Who asks, and in which tenant. Every call of a port carries one. */
export interface Scope {
  readonly tenant: string
  readonly principal: Principal
}

export interface Principal {
  /** The DID or subject; `anonymous` when nobody proved who they are. Never a system identity. */
  readonly id: string
  readonly roles: readonly string[]
  readonly claims: { readonly [claim: string]: Json }
}

/** The tenant of schemas without tenants, and the one everybody may read. */
export const MAIN = 'main'

export const ANONYMOUS: Principal = { id: 'anonymous', roles: [], claims: {} }

/** Local replicas answer at once, gateways later; callers must take both. */
export type MaybePromise<T> = T | Promise<T>

import type { Defaults } from '@zg/core/act/checks'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Names } from '@zg/core/ir/names'
import type { Feed } from '@zg/core/ports/feed'
import type { Reader } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import type { Writer } from '@zg/core/ports/writer'
import type { LoadStrategy } from './loads.ts'

/** What the resolvers stand on: the ports, who asks, and everything impure. */
export interface Services {
  readonly reader: Reader
  readonly writer: Writer
  readonly feed: Feed
  readonly scope: Scope
  readonly host: Host
  readonly catalog: Catalog
  readonly names: Names
  /** The model's function defaults; none when absent. */
  readonly defaults?: Defaults
  /** `batchedLoads` over ports that answer later, `directLoads` over those that answer at once. */
  readonly loads: LoadStrategy
  /** How long live queries gather changes before they run again, in ms. Default 50. */
  readonly coalesce?: number
}

/** Time, chance and timers, as the process that runs the resolvers has them. */
export interface Host {
  /** ms since 1970. */
  now(): number
  /** Cryptographic: ids must not be guessable. */
  random(bytes: number): Uint8Array
  /** Calls `fire` once after `ms`, unless the returned function is called first. */
  setTimer(ms: number, fire: () => void): () => void
}

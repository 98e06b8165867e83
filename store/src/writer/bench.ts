import type { Clock } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Retention } from './retention.ts'

/** What judging needs, the same for every batch. */
export interface Bench {
  readonly catalog: Catalog
  /** Hash of the IR. */
  readonly schema: string
  readonly clock: Clock
  /** Id of the log. */
  readonly log: string
  readonly retention: Retention
  /** Lets others have their turn while a large batch is judged. */
  breathe(): Promise<void>
  /** So many mutations or changes are judged at a stretch: then other tenants, and whoever reads, have their turn. */
  stretch(): number
}

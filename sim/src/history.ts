import type {
  Act,
  Catalog,
  Entry,
  FeedBatch,
  Outcome,
  Position,
  Push,
  PushAnswer,
  Row,
  Shape,
  TenantState,
} from '@zg/core'
import type { Plan } from './plan.ts'

/** What happened, as those saw it to whom it happened, and what the database holds in the end. */
export interface History {
  readonly plan: Plan
  readonly catalog: Catalog
  readonly log: string
  readonly tenants: ReadonlyMap<string, TenantState>
  /** In the order in which it happened. */
  readonly moments: readonly Moment[]
  /** Whether everybody came to the end of his steps, and followers to the end of the log. */
  readonly finished: boolean
  /** How often each gateway did something with the database: that many points it may crash at. */
  readonly steps: ReadonlyMap<string, number>
}

export interface Call {
  readonly client: string
  readonly tenant: string
  readonly call: string
}

/** `at`: ms since the beginning. */
export type Moment = { readonly at: number } & (
  | (Call & {
      readonly kind: 'asked'
      readonly id: string | null
      readonly by: string
      readonly acts: readonly Act[]
    })
  | (Call & { readonly kind: 'told'; readonly outcome: Outcome })
  /** It may have happened or not. */
  | (Call & { readonly kind: 'unsure'; readonly error: string })
  | (Call & { readonly kind: 'reading' })
  | (Call & { readonly kind: 'read'; readonly picture: Picture })
  | (Call & {
      readonly kind: 'following'
      readonly stream: number
      readonly shape: Shape
      readonly since: Position
    })
  | (Call & { readonly kind: 'batch'; readonly stream: number; readonly batch: FeedBatch })
  | (Call & { readonly kind: 'watching'; readonly stream: number })
  | (Call & {
      readonly kind: 'result'
      readonly stream: number
      readonly entity: string
      readonly picture: Picture
    })
  /** By a replica's owner, seen there at once; `id` as in its outbox, null: there was nothing to send. */
  | (Call & {
      readonly kind: 'wrote'
      readonly id: number | null
      readonly outcome: Outcome
      readonly acts: readonly Act[]
      /** The refused one, out of the drawer, that was sent again. */
      readonly replaces: number | null
    })
  | (Call & { readonly kind: 'discarded'; readonly id: number })
  /** What was refused at a replica and nobody has dealt with. */
  | (Call & { readonly kind: 'drawer'; readonly ids: readonly number[] })
  | (Call & { readonly kind: 'durable'; readonly id: number })
  | (Call & { readonly kind: 'settled'; readonly id: number; readonly outcome: Outcome })
  /** What a replica shows when nothing of its own is pending; the position is that of the gateway's log. */
  | (Call & { readonly kind: 'held'; readonly picture: Picture })
  /** What a gateway's writer got from a replica, and what it said. */
  | (Call & { readonly kind: 'pushed'; readonly push: Push })
  | (Call & { readonly kind: 'judged'; readonly push: Push; readonly answer: PushAnswer })
  /** The feed or a read answered with a refusal. */
  | (Call & { readonly kind: 'refused'; readonly error: string })
  /** Faults, restarts: for the story. */
  | { readonly kind: 'event'; readonly what: string }
)

/** A moment, without its time. */
export type Told = Moment extends infer M ? (M extends Moment ? Omit<M, 'at'> : never) : never

/** All rows and edges of a tenant in one snapshot. */
export interface Picture {
  readonly position: Position
  readonly rows: { readonly [entity: string]: readonly Row[] }
  /** Relation -> `<from>|<to>`, both alive. */
  readonly edges: { readonly [relation: string]: readonly string[] }
}

/** The entries of one mutation. */
export interface Group {
  readonly entries: readonly Entry[]
  readonly by: string
  readonly client: string
  readonly n: number
  /** Position of its end. */
  readonly seq: number
}

/** What a checker found. */
export interface Violation {
  /** The checker's name. */
  readonly promise: string
  readonly what: string
}

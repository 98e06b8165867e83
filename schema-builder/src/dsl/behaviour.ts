import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Asker, Predicate, Ref, Val } from './predicate.ts'
import type { FieldsOf, InfoOf, Modelled } from './row.ts'
import type { OnViolation } from './spec.ts'

/** What an entity does, beyond what it holds: everything that looks across entities. `C`: the claims. */
export interface Behaviour<M extends Modelled, E extends keyof M['entities'], C> {
  readonly policy?: Policy<M, E, C>
  readonly computed?: {
    readonly [K in keyof FieldsOf<M, E> as IfComputed<FieldsOf<M, E>[K], K>]?: (
      row: Ref<M, E>,
    ) => Val<ValueOf<FieldsOf<M, E>[K]>>
  }
  readonly rules?: { readonly [rule: string]: Rule<M, E, C> }
  readonly transitions?: { readonly [K in EventOf<M, E>]?: Transition<M, E, C> }
  readonly actions?: { readonly [action: string]: Action<M, E, C> }
  readonly hooks?: { readonly [K in 'beforeIngest' | 'afterCommit']?: string }
}

export interface Policy<M extends Modelled, E extends keyof M['entities'], C> {
  readonly read?: Allow<M, E, C>
  readonly create?: AllowWrite<M, E, C>
  readonly update?: AllowWrite<M, E, C>
  readonly delete?: AllowWrite<M, E, C>
  readonly fields?: {
    readonly [K in keyof FieldsOf<M, E>]?: {
      readonly read?: Allow<M, E, C>
      readonly update?: Allow<M, E, C>
    }
  }
}

export type Allow<M extends Modelled, E extends keyof M['entities'], C> = (
  row: Ref<M, E>,
  asker: Asker<C>,
) => Predicate | boolean

/** On the row as it was, as it becomes, or (a function alone) both. */
export type AllowWrite<M extends Modelled, E extends keyof M['entities'], C> =
  | Allow<M, E, C>
  | { readonly before?: Allow<M, E, C>; readonly after?: Allow<M, E, C> }

export interface Rule<M extends Modelled, E extends keyof M['entities'], C> {
  readonly check: (row: Ref<M, E>, asker: Asker<C>) => Predicate
  readonly lane?: 'merge' | 'guarded' | 'server' | 'derived'
  readonly onViolation?: OnViolation
  /** Key of the message that a refused user reads. */
  readonly message: string
}

export interface Transition<M extends Modelled, E extends keyof M['entities'], C> {
  readonly allow?: Allow<M, E, C>
  readonly guard?: (row: Ref<M, E>, asker: Asker<C>) => Predicate
  readonly lane?: 'guarded' | 'server'
  readonly effect?: string
  /** Fields that cannot change any more afterwards. */
  readonly freeze?: readonly (keyof FieldsOf<M, E> & string)[]
}

export interface Action<M extends Modelled, E extends keyof M['entities'], C> {
  readonly input: StandardSchemaV1
  readonly allow: Allow<M, E, C>
  readonly lane: 'guarded' | 'server'
}

type IfComputed<X, K> = InfoOf<X> extends { readonly kind: 'computed' } ? K : never
type ValueOf<X> = InfoOf<X> extends { readonly kind: 'computed'; readonly value: infer O } ? O : never

/** The events of all state machines of the entity. */
type EventOf<M extends Modelled, E extends keyof M['entities']> = {
  [K in keyof FieldsOf<M, E>]: InfoOf<FieldsOf<M, E>[K]> extends {
    readonly kind: 'state'
    readonly graph: infer G
  }
    ? { [S in keyof G]: keyof G[S] }[keyof G] & string
    : never
}[keyof FieldsOf<M, E>]

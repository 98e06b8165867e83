import type { Entities } from './entity.ts'
import type { Declared, Need } from './field.ts'

/** Anything with entities: a model, before or after `define()`. */
export interface Modelled {
  readonly entities: Entities
}

/** What inference knows of a field. */
export type InfoOf<X> = X extends Declared<infer I> ? I : never

export type FieldsOf<M extends Modelled, E extends keyof M['entities']> = M['entities'][E]['fields']

/** A stored row of entity `E`: data and to-one ids; other ends of relations are not part of it. */
export type Row<M extends Modelled, E extends keyof M['entities']> = {
  readonly [K in keyof FieldsOf<M, E> as HoldsData<FieldsOf<M, E>[K], K>]: Stored<InfoOf<FieldsOf<M, E>[K]>>
}

/** What a create of entity `E` takes. Counters, states, serials and computed fields are not given but made. */
export type Create<M extends Modelled, E extends keyof M['entities']> = {
  readonly [K in keyof FieldsOf<M, E> as Needs<FieldsOf<M, E>[K], K, 'required'>]: Stored<
    InfoOf<FieldsOf<M, E>[K]>
  >
} & {
  readonly [K in keyof FieldsOf<M, E> as Needs<FieldsOf<M, E>[K], K, 'optional'>]?: Stored<
    InfoOf<FieldsOf<M, E>[K]>
  >
}

type HoldsData<X, K> = InfoOf<X> extends { readonly kind: 'many' | 'single' } ? never : K

type Stored<I> = I extends { readonly kind: 'value' | 'computed'; readonly value: infer O }
  ? O
  : I extends { readonly kind: 'set'; readonly element: infer E }
    ? readonly E[]
    : I extends { readonly kind: 'one' | 'oneOf'; readonly optional: infer Optional }
      ? Nullable<string, Optional>
      : I extends { readonly kind: 'state'; readonly graph: infer G }
        ? keyof G & string
        : never

type Nullable<T, Optional> = Optional extends true ? T | null : T

type Needs<X, K, N extends Need> = NeedOf<InfoOf<X>> extends N ? K : never

type NeedOf<I> = I extends { readonly kind: 'value'; readonly create: infer N }
  ? N
  : I extends { readonly kind: 'set' }
    ? 'optional'
    : I extends { readonly kind: 'one' | 'oneOf'; readonly optional: infer Optional }
      ? Optional extends true
        ? 'optional'
        : 'required'
      : 'never'

import type { BigIntText, DateText, DateTimeText, DecimalText, Numbers, NumbersOf } from './field.ts'
import type { FieldsOf, InfoOf, Modelled } from './row.ts'

/** A condition on a row. Not a function: it becomes an expression that SQL and the evaluator both understand. */
export interface Predicate {
  and(other: Predicate): Predicate
  or(other: Predicate): Predicate
  not(): Predicate
}

/** A value in an expression; `O` is its type, null included, `K` how it is computed with if it is a number. */
export interface Val<O, K = unknown> {
  /** Types only. */
  readonly '~value'?: O
  readonly '~numbers'?: K
}

interface Arithmetic<O, K extends Numbers> extends Val<O, K> {
  plus<const T extends Figure>(other: T): Result<O, K, T>
  minus<const T extends Figure>(other: T): Result<O, K, T>
  times<const T extends Figure>(factor: T): Result<O, K, T>
}

type Figure = Val<Numeric | null, Numbers> | Numeric | bigint

/** What core/ir/computation makes of two numbers: null where one may be, or a double may be too small for it. */
type Result<O, K extends Numbers, T> = Computing<Mixed<K, KindOf<T>>, Extract<O, null> | NullIn<T>>
type Computing<K extends Numbers, Null> = Operand<ValueOf<K> | Null, K>

type Mixed<K, L> = K extends 'float'
  ? 'float'
  : L extends 'float'
    ? 'float'
    : K extends 'decimal'
      ? 'decimal'
      : L extends 'decimal'
        ? 'decimal'
        : 'whole'

type ValueOf<K> = K extends 'float' ? number | null : K extends 'decimal' ? DecimalText : BigIntText

type KindOf<T> = T extends bigint | BigIntText
  ? 'whole'
  : T extends number
    ? number extends T
      ? 'whole' | 'decimal'
      : `${T}` extends BigIntText
        ? 'whole'
        : 'decimal'
    : T extends DecimalText
      ? 'decimal'
      : T extends Val<unknown, infer L>
        ? L
        : never

type NullIn<T> = T extends Val<infer P, unknown> ? Extract<P, null> : never

interface Equality<O> extends Val<O> {
  eq(value: Given<O>): Predicate
  ne(value: Given<O>): Predicate
  in(values: readonly Literal<O>[]): Predicate
  notIn(values: readonly Literal<O>[]): Predicate
  isNull(): Predicate
}

interface Ordering<O> {
  gt(value: Given<O>): Predicate
  gte(value: Given<O>): Predicate
  lt(value: Given<O>): Predicate
  lte(value: Given<O>): Predicate
}

interface TextTests {
  contains(part: string): Predicate
  startsWith(part: string): Predicate
}

/** A literal of the type, or a value from elsewhere in the graph. Null is asked for with `isNull()`. */
type Given<O> = Literal<O> | Val<O> | Val<NonNullable<O>>
/** Big integers may be written as numbers. */
type Literal<O> = NonNullable<O> extends BigIntText ? NonNullable<O> | number | bigint : NonNullable<O>

type Numeric = number | DecimalText | BigIntText
type Ordered = Numeric | DateText | DateTimeText

/** A field's value with the operators that its type has. */
export type Operand<O, K extends Numbers = NumbersOf<O>> = Equality<O> &
  ([NonNullable<O>] extends [Ordered] ? Ordering<O> : string extends O ? TextTests : unknown) &
  ([NonNullable<O>] extends [Numeric] ? Arithmetic<O, K> : unknown)

/** A row of another entity, judged by that entity's own policy. */
interface Judged {
  can(operation: 'read' | 'update'): Predicate
}

interface Several<M extends Modelled, E extends keyof M['entities']> {
  some(where: (row: Ref<M, E>) => Predicate): Predicate
  every(where: (row: Ref<M, E>) => Predicate): Predicate
  none(where: (row: Ref<M, E>) => Predicate): Predicate
  count(): Operand<number, 'whole'>
  /** Of whole numbers it is a bigint; missing ones are left out. */
  sum<K extends Numbers>(of: (row: Ref<M, E>) => Val<Numeric | null, K>): Computing<K, never>
}

interface Elements<E> {
  has(element: E | Val<E>): Predicate
}

/** A row as predicates see it: its fields, and through its relations those of others. */
export type Ref<M extends Modelled, E extends keyof M['entities']> = {
  readonly [K in keyof FieldsOf<M, E>]: Member<M, InfoOf<FieldsOf<M, E>[K]>>
}

type Member<M extends Modelled, I> = I extends { readonly kind: 'one' | 'single'; readonly to: infer T }
  ? T extends keyof M['entities']
    ? Ref<M, T> & Equality<string | null> & Judged
    : never
  : I extends { readonly kind: 'many'; readonly to: infer T }
    ? T extends keyof M['entities']
      ? Several<M, T>
      : never
    : I extends { readonly kind: 'value' | 'computed'; readonly value: infer O }
      ? Operand<O, NumbersIn<I, O>>
      : I extends { readonly kind: 'state'; readonly graph: infer G }
        ? Operand<keyof G & string>
        : I extends { readonly kind: 'set'; readonly element: infer E }
          ? Elements<E>
          : I extends { readonly kind: 'oneOf' }
            ? Judged
            : never

type NumbersIn<I, O> = I extends { readonly numbers: infer K extends Numbers } ? K : NumbersOf<O>

/** Who asks. */
export interface Asker<C> {
  readonly id: Operand<string>
  readonly claims: { readonly [K in keyof C]: Operand<C[K]> }
  role(name: string): Predicate
}

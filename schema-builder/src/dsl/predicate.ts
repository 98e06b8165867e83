import type { BigIntText, DateText, DateTimeText, DecimalText } from './field.ts'
import type { FieldsOf, InfoOf, Modelled } from './row.ts'

/** A condition on a row. Not a function: it becomes an expression that SQL and the evaluator both understand. */
export interface Predicate {
  and(other: Predicate): Predicate
  or(other: Predicate): Predicate
  not(): Predicate
}

/** A value in an expression; `O` is its type, null included. */
export interface Val<O> {
  /** Types only. */
  readonly '~value'?: O
}

interface Arithmetic<O> extends Val<O> {
  plus(other: Val<Numeric | null> | Numeric | bigint): Arithmetic<O>
  minus(other: Val<Numeric | null> | Numeric | bigint): Arithmetic<O>
  times(factor: Val<Numeric | null> | Numeric | bigint): Arithmetic<O>
}

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
export type Operand<O> = Equality<O> &
  ([NonNullable<O>] extends [Ordered] ? Ordering<O> : string extends O ? TextTests : unknown) &
  ([NonNullable<O>] extends [Numeric] ? Arithmetic<O> : unknown)

/** A row of another entity, judged by that entity's own policy. */
interface Judged {
  can(operation: 'read' | 'update'): Predicate
}

interface Several<M extends Modelled, E extends keyof M['entities']> {
  some(where: (row: Ref<M, E>) => Predicate): Predicate
  every(where: (row: Ref<M, E>) => Predicate): Predicate
  none(where: (row: Ref<M, E>) => Predicate): Predicate
  count(): Operand<number>
  sum<O extends Numeric>(of: (row: Ref<M, E>) => Val<O>): Operand<O>
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
      ? Operand<O>
      : I extends { readonly kind: 'state'; readonly graph: infer G }
        ? Operand<keyof G & string>
        : I extends { readonly kind: 'set'; readonly element: infer E }
          ? Elements<E>
          : I extends { readonly kind: 'oneOf' }
            ? Judged
            : never

/** Who asks. */
export interface Asker<C> {
  readonly id: Operand<string>
  readonly claims: { readonly [K in keyof C]: Operand<C[K]> }
  role(name: string): Predicate
}

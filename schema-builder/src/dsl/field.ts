import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from '@zg/core/json'
import type { FieldSpec, IndexKind, OnDelete, StateGraph, UniqueOptions } from './spec.ts'

/** A declared field or relation: its spec at run time, and for the compiler what inference needs to know. */
export interface Declared<I extends Info = Info> {
  readonly spec: FieldSpec
  /** Types only, never there at run time. */
  readonly '~types'?: I
}

/** What inference knows of a field. */
export type Info =
  | { readonly kind: 'value'; readonly value: unknown; readonly create: Need; readonly numbers?: Numbers }
  | { readonly kind: 'set'; readonly element: unknown }
  | { readonly kind: 'one'; readonly to: string; readonly optional: boolean }
  | { readonly kind: 'oneOf'; readonly to: string; readonly optional: boolean }
  | { readonly kind: 'single'; readonly to: string }
  | { readonly kind: 'many'; readonly to: string }
  | { readonly kind: 'state'; readonly graph: StateGraph }
  | { readonly kind: 'computed'; readonly value: unknown }

/** How a create treats a field: it must be given, may be, or must not. */
export type Need = 'required' | 'optional' | 'never'

/** How numbers are computed with: whole ones exactly, of any length; decimals exactly; floats as doubles. */
export type Numbers = 'whole' | 'decimal' | 'float'

/** As far as the type of the values tells: a number may be an int or a float. */
export type NumbersOf<O> =
  NonNullable<O> extends BigIntText
    ? 'whole'
    : NonNullable<O> extends DecimalText
      ? 'decimal'
      : 'whole' | 'float'

/** A decimal number as text. */
export type DecimalText = `${number}`
/** An integer of any size as text. */
export type BigIntText = `${bigint}`
/** `2026-11-21` */
export type DateText = `${number}-${number}-${number}`
/** RFC 3339 in UTC: `2026-11-21T10:00:00.000Z` */
export type DateTimeText = `${DateText}T${string}Z`

export interface GraphqlOptions<O> {
  readonly name?: string
  /** GraphQL names of enum values that are not legal there: `{ 'PG-13': 'PG_13' }`. */
  readonly values?: { readonly [V in O & string]?: string }
}

/** Text is text to a schema, whatever its form. */
type Widened<O> = O extends string ? string : O

/** What every field may say. */
interface Common<O> {
  /** An earlier name: the field keeps its number and its data. */
  was(name: string): this
  graphql(options: GraphqlOptions<O>): this
}

/** A register: the last writer wins. `O` is its value, null included once it is optional. */
export interface Value<O, N extends Need = 'required', K extends Numbers = NumbersOf<O>>
  extends Declared<{
      readonly kind: 'value'
      readonly value: O
      readonly create: N
      readonly numbers: K
    }>,
    Common<O> {
  optional(): Value<O | null, 'optional', K>
  /** Used when a create leaves the field out. A function runs at the author. */
  default(value: NonNullable<O> | (() => NonNullable<O>)): Value<O, 'optional', K>
  /** Settable at create only. */
  once(): this
  unique(options?: UniqueOptions): this
  index(kind?: IndexKind): this
  /** Validates values; any Standard Schema (zod, valibot, arktype). It judges a value and does not change it. */
  check(schema: StandardSchemaV1<unknown, Widened<NonNullable<O>>>): this
  /** Personal data: nullable in GraphQL, and erasable. */
  pii(): this
}

/** A text several people edit at once. */
export interface Text
  extends Declared<{ readonly kind: 'value'; readonly value: string; readonly create: 'optional' }>,
    Common<string> {
  index(kind: 'fulltext'): this
  /**
   * Validates what a `replace` says and how the text reads after an `update`. A text that nobody has written is not
   * looked at; nor is what edits make together that were each found right.
   */
  check(schema: StandardSchemaV1<unknown, string>): this
  pii(): this
}

/** An object of JSON that several people write to at once, each at paths of its own. */
export interface Document
  extends Declared<{
      readonly kind: 'value'
      readonly value: { readonly [name: string]: Json }
      readonly create: 'optional'
    }>,
    Common<never> {
  pii(): this
}

/** A number that everybody may add to. */
export interface Counter
  extends Declared<{ readonly kind: 'value'; readonly value: BigIntText; readonly create: 'optional' }>,
    Common<never> {
  index(kind?: 'btree'): this
}

/** An observed-remove set: adding wins. */
export interface SetOf<E> extends Declared<{ readonly kind: 'set'; readonly element: E }>, Common<E> {
  pii(): this
}

/** Assigned by the gateway; null until then. */
export interface Serial
  extends Declared<{ readonly kind: 'value'; readonly value: string | null; readonly create: 'never' }>,
    Common<never> {}

export interface Id
  extends Declared<{ readonly kind: 'value'; readonly value: string; readonly create: 'optional' }> {}

export interface State<G extends StateGraph>
  extends Declared<{ readonly kind: 'state'; readonly graph: G }>,
    Common<keyof G> {}

export interface Computed<O>
  extends Declared<{ readonly kind: 'computed'; readonly value: O }>,
    Common<never> {}

/** A to-one relation: holds the target's id. */
export interface One<T extends string, Optional extends boolean = false>
  extends Declared<{ readonly kind: 'one'; readonly to: T; readonly optional: Optional }>,
    Common<never> {
  optional(): One<T, true>
  /** One-to-one: at most one row may refer to a target. */
  unique(): this
  once(): this
  index(kind?: 'btree' | 'hash'): this
  /** When the target is deleted: refuse (default), delete this row too, or forget the target. */
  onDelete(action: OnDelete): this
  /** The target is the root of the aggregate that this row is part of. */
  owner(): this
}

/** A to-one relation to one of several entities. */
export interface OneOf<T extends string, Optional extends boolean = false>
  extends Declared<{ readonly kind: 'oneOf'; readonly to: T; readonly optional: Optional }>,
    Common<never> {
  optional(): OneOf<T, true>
  /** One-to-one: at most one row may refer to a target; the other end is `f.single`. */
  unique(): this
  onDelete(action: OnDelete): this
}

/** The other end of relations; also both ends of many-to-many. */
export interface Many<T extends string> extends Declared<{ readonly kind: 'many'; readonly to: T }> {
  was(name: string): this
}

/** The other end of a one-to-one: singular, nullable. */
export interface Single<T extends string> extends Declared<{ readonly kind: 'single'; readonly to: T }> {}

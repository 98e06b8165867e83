import type { Json } from '../json.ts'

/**
 * The one expression language: filters, shapes and (later) policies, rules and guards are front ends of it.
 * Plain JSON, two-valued, without a `not` node: negation is pushed into operators (core/query/negate).
 *
 * Every operator but `isNull` is false on a null operand or a missing target. `and: []` is true,
 * `or: []` and `in: []` are false. Text compares by code point (`COLLATE "C"`), case-sensitively.
 */
export type Expression =
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | { readonly kind: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in' | 'notIn'; readonly left: Operand; readonly values: readonly Json[] }
  | { readonly kind: TextTest; readonly left: Operand; readonly text: string }
  | { readonly kind: 'isNull' | 'isNotNull'; readonly left: Operand }
  /** Membership of an element in a set field. */
  | { readonly kind: 'has' | 'hasNot'; readonly left: Operand; readonly element: Json }
  /**
   * Over the to-many or many-to-many relation at the end of `path` (its earlier steps are to-one);
   * `where` is about the related rows. `every(p)` is `none(not p)`.
   */
  | { readonly kind: 'some' | 'none'; readonly path: readonly string[]; readonly where: Expression }

export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'
export type TextTest = 'contains' | 'notContains' | 'startsWith' | 'notStartsWith'

/** A field reached through to-one (or single) relations, e.g. `['director', 'name']`; or a constant. */
export type Operand =
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'value'; readonly value: Json }

export const TRUE: Expression = { kind: 'and', of: [] }
export const FALSE: Expression = { kind: 'or', of: [] }

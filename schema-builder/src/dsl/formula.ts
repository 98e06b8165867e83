import type { Json } from '@zg/core/json'
import type { Comparison, Operand, TextTest } from '@zg/core/query/expression'

/**
 * What a predicate says, as plain JSON: the expression of core/query, and beyond it what only policies, rules and
 * computed fields may ask for: who asks, other rows' policies, aggregates and arithmetic.
 */
export type Formula =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Formula[] }
  | { readonly kind: Comparison; readonly left: Term; readonly right: Term }
  | { readonly kind: 'in' | 'notIn'; readonly left: Term; readonly values: readonly Json[] }
  | { readonly kind: TextTest; readonly left: Term; readonly text: string }
  | { readonly kind: 'isNull' | 'isNotNull'; readonly left: Term }
  | { readonly kind: 'has' | 'hasNot'; readonly left: Term; readonly element: Term }
  | { readonly kind: 'some' | 'none'; readonly path: readonly string[]; readonly where: Formula }
  /** The policy of the row at the end of the path allows the operation, or does not. */
  | { readonly kind: 'can' | 'cannot'; readonly path: readonly string[]; readonly operation: string }
  | { readonly kind: 'role' | 'notRole'; readonly role: string }

export type Term =
  | Operand
  /** The id of who asks. */
  | { readonly kind: 'asker' }
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'count'; readonly path: readonly string[] }
  | { readonly kind: 'sum'; readonly path: readonly string[]; readonly of: Term }
  | { readonly kind: 'plus' | 'minus' | 'times'; readonly left: Term; readonly right: Term }

/** The row a formula speaks of; rows of different scopes cannot meet in one expression. */
export type Scope = object | null

/** A condition together with its negation, so that `not()` only swaps them and no `not` node is needed. */
export interface Condition {
  readonly scope: Scope
  readonly yes: Formula
  readonly no: Formula
}

export interface Measure {
  readonly scope: Scope
  readonly term: Term
}

/** Of a row's own formula and one from outside, or of two of them. Throws when they speak of different rows. */
export function joint(one: Scope, other: Scope): Scope {
  if (one !== null && other !== null && one !== other) {
    throw new TypeError(
      'a predicate about related rows can use only their own fields, not those of the outer row',
    )
  }
  return one ?? other
}

export function always(holds: boolean): Condition {
  const [yes, no] = holds ? ['and' as const, 'or' as const] : ['or' as const, 'and' as const]
  return { scope: null, yes: { kind: yes, of: [] }, no: { kind: no, of: [] } }
}

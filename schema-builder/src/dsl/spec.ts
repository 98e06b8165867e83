import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ScalarName } from '@zg/core/ir/ir'

/** What the developer wrote about one field, as data; everything after the DSL reads this and nothing else. */
export interface FieldSpec {
  readonly kind: FieldKind
  readonly optional: boolean
  readonly once: boolean
  readonly pii: boolean
  readonly owner: boolean
  readonly default?: DefaultSpec
  readonly unique?: UniqueOptions
  readonly onDelete?: OnDelete
  readonly indexes: readonly IndexKind[]
  /** Validation functions stay here; the IR never sees them. */
  readonly checks: readonly StandardSchemaV1[]
  /** Earlier names. */
  readonly was: readonly string[]
  readonly graphql: { readonly name?: string; readonly values?: { readonly [value: string]: string } }
  /** Names of the modifiers called, in order, to refuse those that the kind does not have. */
  readonly modifiers: readonly Modifier[]
}

export type FieldKind =
  | { readonly kind: 'id'; readonly key: readonly string[] }
  | { readonly kind: 'scalar'; readonly scalar: Exclude<ScalarName, 'id' | 'decimal' | 'bytes' | 'json'> }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'json'; readonly schema?: StandardSchemaV1 }
  | { readonly kind: 'jsonPaths' }
  | { readonly kind: 'text' }
  | { readonly kind: 'counter'; readonly min?: number }
  | { readonly kind: 'set'; readonly of: FieldSpec }
  | { readonly kind: 'state'; readonly graph: StateGraph }
  | { readonly kind: 'serial'; readonly format: string; readonly within: readonly string[] }
  | { readonly kind: 'computed' }
  | { readonly kind: 'one'; readonly to: string }
  | { readonly kind: 'oneOf'; readonly to: readonly string[] }
  | { readonly kind: 'many' | 'single' | 'inverse'; readonly from: string; readonly via: string }
  | { readonly kind: 'manyToMany'; readonly to: string; readonly inverseOf: string | null }

export type DefaultSpec =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'function'; readonly make: () => unknown }

export type OnDelete = 'restrict' | 'cascade' | 'setNull'
export type OnViolation = 'reject' | 'repair' | 'conflict'
export type IndexKind = 'btree' | 'hash' | 'fulltext'
/** State -> event -> next state. The first key is the initial state. */
export type StateGraph = { readonly [state: string]: { readonly [event: string]: string } }

export interface UniqueOptions {
  /** Fields that the value is unique within, tenant aside. */
  readonly within?: readonly string[]
  readonly onViolation?: OnViolation
}

export type Modifier =
  | 'optional'
  | 'default'
  | 'once'
  | 'unique'
  | 'index'
  | 'check'
  | 'pii'
  | 'onDelete'
  | 'owner'
  | 'was'
  | 'graphql'

/** A literal that the IR can hold as a default. */
export function isPlain(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

/** A field of this kind without any modifier. */
export function spec(kind: FieldKind): FieldSpec {
  return {
    kind,
    optional: false,
    once: false,
    pii: false,
    owner: false,
    indexes: [],
    checks: [],
    was: [],
    graphql: {},
    modifiers: [],
  }
}

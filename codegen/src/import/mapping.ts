import type { EntityView } from '@zg/core/ir/catalog'
import type { FieldIR, InverseIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import type { Step } from './step.ts'

/** A mapping file, parsed and resolved against a model. MAPPING.md describes the file. */
export interface Mapping {
  readonly sources: readonly SourceRef[]
  /** In the order of the file; rules that `create: true` implies come last. `schedule` puts them in order. */
  readonly rules: readonly Rule[]
}

/** Where a list of rows is. */
export interface SourceRef {
  readonly name: string
  /** As the mapping spells it, for messages. */
  readonly spelling: string
  /** Absolute. */
  readonly file: string
  readonly format: 'json' | 'csv'
  /** JSON: the members that lead to the list. */
  readonly at: readonly string[]
  /** CSV: what separates columns. */
  readonly delimiter: string
}

export type Rule = RowRule | EdgeRule

/** Each row of a source is one row of an entity (or several, where a key is split). */
export interface RowRule {
  readonly kind: 'rows'
  readonly source: string
  readonly entity: EntityView
  /** What makes each field; those of the natural key are among them. */
  readonly fields: readonly FieldRule[]
  readonly skip: readonly SkipRule[]
  /** Rows of equal key are expected: the first counts, later ones are not refused. */
  readonly repeats: boolean
  /** Implied by `create: true`: rows without a key are no rows. */
  readonly implied: boolean
  readonly path: readonly string[]
}

/** Each row of a source is one edge of a many-to-many relation. */
export interface EdgeRule {
  readonly kind: 'edges'
  readonly source: string
  readonly entity: EntityView
  readonly inverse: Extract<InverseIR, { readonly kind: 'edges' }>
  readonly of: KeyValue
  readonly add: KeyValue
  readonly skip: readonly SkipRule[]
  readonly path: readonly string[]
}

export type FieldRule =
  | { readonly kind: 'field'; readonly name: string; readonly field: FieldIR; readonly value: Value }
  | { readonly kind: 'edges'; readonly name: string; readonly value: KeyValue }

/** Leaves out rows on purpose, and says why. */
export interface SkipRule {
  readonly column: string
  readonly is: Json
  readonly because: string
}

/** What a value is made from. */
export type Value =
  | {
      readonly kind: 'column'
      readonly column: string
      readonly field: FieldIR
      readonly steps: readonly Step[]
    }
  | { readonly kind: 'literal'; readonly value: Json; readonly field: FieldIR }
  | KeyValue
  | AnyKeyValue

/** The id that a natural key makes. */
export interface KeyValue {
  readonly kind: 'key'
  readonly entity: EntityView
  /** In the order of the entity's key. */
  readonly parts: readonly { readonly field: FieldIR; readonly value: Value }[]
}

/** The id of a row of one of several entities. */
export interface AnyKeyValue {
  readonly kind: 'oneOf'
  /** Says which; null: the only one whose key the row names. */
  readonly by: Value | null
  readonly of: readonly KeyValue[]
}

/** The columns a value reads, in order. */
export function columnsOf(value: Value): readonly string[] {
  switch (value.kind) {
    case 'column':
      return [value.column]
    case 'literal':
      return []
    case 'key':
      return value.parts.flatMap(part => columnsOf(part.value))
    case 'oneOf':
      return [...(value.by ? columnsOf(value.by) : []), ...value.of.flatMap(columnsOf)]
  }
}

/** All values of a rule, with the name under which the rule has them. */
export function valuesOf(rule: Rule): readonly { readonly name: string; readonly value: Value }[] {
  if (rule.kind === 'rows') return rule.fields
  return [
    { name: 'of', value: rule.of },
    { name: 'add', value: rule.add },
  ]
}

/** What the report calls that which a rule makes: `Movie`, or `Playlist.tracks`. */
export function ruleName(rule: Rule): string {
  return rule.kind === 'rows' ? rule.entity.name : `${rule.entity.name}.${rule.inverse.name}`
}

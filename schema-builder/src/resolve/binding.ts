import type { Measure } from '@zg/core/query/aggregate'

/**
 * What a generated field does, as plain JSON in its `extensions.zg`: the look-ahead reads from it which columns a
 * selection needs, and `bind` makes its resolver, so that a schema built without Pothos behaves the same.
 * Entities, fields and relations by their declared names.
 */
export type Binding =
  /** A member of the value itself, whatever it is. */
  | { readonly kind: 'property'; readonly name: string }
  /** A data field: a column of the row. */
  | { readonly kind: 'column'; readonly field: string }
  /** A computed field: the row holds it if it was read from a reader. */
  | { readonly kind: 'computed'; readonly entity: string; readonly field: string }
  /** A to-one field; the row holds the target's id. */
  | { readonly kind: 'one'; readonly field: string; readonly to: string }
  /** A polymorphic to-one field; the prefix of the id says which of the entities it is a row of. */
  | { readonly kind: 'oneOf'; readonly field: string; readonly to: readonly string[] }
  /** The singular end of a one-to-one. */
  | { readonly kind: 'single'; readonly entity: string; readonly relation: string; readonly to: string }
  /** A to-many or many-to-many relation, as a connection. */
  | { readonly kind: 'many'; readonly entity: string; readonly relation: string; readonly to: string }
  /** Root fields; under Subscription the same ones are live. */
  | { readonly kind: 'row'; readonly entity: string }
  | { readonly kind: 'rows'; readonly entity: string }
  | { readonly kind: 'node' }
  | { readonly kind: 'someNodes' }
  | { readonly kind: 'groups'; readonly entity: string }
  | { readonly kind: 'changes'; readonly entity: string }
  /** The row that holds a unique or natural key. */
  | { readonly kind: 'byKey'; readonly entity: string }
  | {
      readonly kind: 'create' | 'update' | 'delete' | 'upsert'
      readonly entity: string
      /** Of several rows at once. */
      readonly many: boolean
    }
  /** Members of a connection and its edges. */
  | { readonly kind: 'nodes' | 'edges' | 'pageInfo' | 'edgeNode' | 'edgeCursor' | 'totalCount' }
  /** The numbers about a connection or a group, and one kind of them: `count`, or by field `sum` and the like. */
  | { readonly kind: 'aggregate' }
  | { readonly kind: 'measure'; readonly measure: Measure['kind'] }
  /** What a payload is about, read after the commit: the id, the row, or all rows. */
  | { readonly kind: 'writtenId' }
  | { readonly kind: 'written' | 'writtenMany'; readonly entity: string }
  /** The entity of a change event. */
  | { readonly kind: 'changed'; readonly entity: string }

/** A field that the builder's owner has added with `t.zg`; what it does stands in their code. */
export interface CustomBinding {
  readonly kind: 'custom'
  /** The columns it reads. */
  readonly select: readonly string[]
  readonly runs: 'anywhere' | 'gateway'
}

/** The binding in a field's or source field's extensions, or undefined for fields that we know nothing of. */
export function bindingOf(
  extensions: { readonly [key: string]: unknown } | null | undefined,
): Binding | CustomBinding | undefined {
  return extensions?.zg as Binding | CustomBinding | undefined
}

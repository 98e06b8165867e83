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
  /** A to-one field; the row holds the target's id. */
  | { readonly kind: 'one'; readonly field: string; readonly to: string }
  /** The singular end of a one-to-one. */
  | { readonly kind: 'single'; readonly entity: string; readonly relation: string; readonly to: string }
  /** A to-many or many-to-many relation, as a connection. */
  | { readonly kind: 'many'; readonly entity: string; readonly relation: string; readonly to: string }
  /** Root fields; under Subscription the same ones are live. */
  | { readonly kind: 'row'; readonly entity: string }
  | { readonly kind: 'rows'; readonly entity: string }
  | { readonly kind: 'node' }
  | { readonly kind: 'changes'; readonly entity: string }
  | { readonly kind: 'create' | 'update' | 'delete'; readonly entity: string }
  /** Members of a connection and its edges. */
  | { readonly kind: 'nodes' | 'edges' | 'pageInfo' | 'edgeNode' | 'edgeCursor' }
  /** The entity of a payload, read after the commit. */
  | { readonly kind: 'written'; readonly entity: string }
  /** The entity of a change event. */
  | { readonly kind: 'changed'; readonly entity: string }

/** The binding in a field's or source field's extensions, or undefined for fields that are not generated. */
export function bindingOf(
  extensions: { readonly [key: string]: unknown } | null | undefined,
): Binding | undefined {
  return extensions?.zg as Binding | undefined
}

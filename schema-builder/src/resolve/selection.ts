import type { EntityView } from '@zg/core/ir/catalog'
import { type Measure, measureKey } from '@zg/core/query/aggregate'
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  type SelectionNode,
} from 'graphql'
import { bindingOf } from './binding.ts'

/** What look-ahead needs of graphql's `info`. */
type Info = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>

/**
 * The fields of `entity` that these selections read, sorted. A field that somebody added by hand may read any
 * column of its parent, so it asks for all of them. O(size of the selection).
 */
export function columnsOf(
  info: Info,
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
  entity: EntityView,
): readonly string[] {
  const columns = new Set<string>()
  for (const [name] of selected(info, nodes, type)) {
    if (name === 'id' || name === '__typename') continue
    const binding = bindingOf(type.getFields()[name]?.extensions)
    if (!binding) return [...entity.fields.keys()].sort()
    if (binding.kind === 'custom') for (const column of binding.select) columns.add(column)
    if (binding.kind === 'computed') columns.add(binding.field)
    if (binding.kind === 'column' || binding.kind === 'one' || binding.kind === 'oneOf')
      columns.add(binding.field)
  }
  columns.delete('id')
  return [...columns].sort()
}

/** The selections that lead from a connection to its rows: `nodes` and `edges { node }`. */
export function rowNodes(
  info: Info,
  nodes: readonly FieldNode[],
  connection: GraphQLObjectType,
  edge: GraphQLObjectType,
): readonly FieldNode[] {
  const members = selected(info, nodes, connection)
  const edges = members.get('edges') ?? []
  return [...(members.get('nodes') ?? []), ...(selected(info, edges, edge).get('node') ?? [])]
}

/** What is selected of a connection. */
export interface Wanted {
  readonly rows: boolean
  readonly measures: readonly Measure[]
}

/** A member that somebody added by hand may look at the rows. */
export function connectionWanted(
  info: Info,
  nodes: readonly FieldNode[],
  connection: GraphQLObjectType,
): Wanted {
  const measures = new Map<string, Measure>()
  let rows = false
  for (const [name, members] of selected(info, nodes, connection)) {
    const field = connection.getFields()[name]
    const binding = bindingOf(field?.extensions)
    if (binding?.kind === 'totalCount') measures.set('count', { kind: 'count' })
    else if (field && binding?.kind === 'aggregate') {
      const type = getNamedType(field.type) as GraphQLObjectType
      for (const measure of measuresOf(info, members, type)) measures.set(measureKey(measure), measure)
    } else if (name !== '__typename') rows = true
  }
  return { rows, measures: [...measures.values()] }
}

/** The selections of one member of a value of `type`. */
export function memberNodes(
  info: Info,
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
  member: string,
): readonly FieldNode[] {
  return selected(info, nodes, type).get(member) ?? []
}

/** The numbers selected of an aggregate, each once. */
export function measuresOf(
  info: Info,
  nodes: readonly FieldNode[],
  aggregate: GraphQLObjectType,
): readonly Measure[] {
  const found = new Map<string, Measure>()
  for (const [name, members] of selected(info, nodes, aggregate)) {
    const field = aggregate.getFields()[name]
    const binding = bindingOf(field?.extensions)
    if (!field || binding?.kind !== 'measure') continue
    const kind = binding.measure
    if (kind === 'count') {
      found.set('count', { kind })
      continue
    }
    const type = getNamedType(field.type) as GraphQLObjectType
    for (const inner of selected(info, members, type).keys()) {
      const of = bindingOf(type.getFields()[inner]?.extensions)
      if (of?.kind !== 'property') continue
      const measure: Measure = { kind, field: of.name }
      found.set(measureKey(measure), measure)
    }
  }
  return [...found.values()]
}

/** The fields selected on a value of `type`, fragments followed, `@skip` and `@include` obeyed. */
function selected(
  info: Info,
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
): ReadonlyMap<string, readonly FieldNode[]> {
  const found = new Map<string, FieldNode[]>()
  const visit = (selections: readonly SelectionNode[] = []): void => {
    for (const selection of selections) {
      if (!included(info, selection)) continue
      if (selection.kind === 'Field') {
        const name = selection.name.value
        found.set(name, [...(found.get(name) ?? []), selection])
        continue
      }
      const fragment = selection.kind === 'FragmentSpread' ? info.fragments[selection.name.value] : selection
      if (fragment && applies(info, fragment.typeCondition?.name.value, type))
        visit(fragment.selectionSet.selections)
    }
  }
  for (const node of nodes) visit(node.selectionSet?.selections)
  return found
}

function applies({ schema }: Info, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true
  const abstract = schema.getType(condition)
  return isAbstractType(abstract) && schema.isSubType(abstract, type)
}

function included({ variableValues }: Info, node: SelectionNode | FragmentDefinitionNode): boolean {
  if (!node.directives?.length) return true
  if (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.if === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.if !== false
}

import type { EntityView } from '@zg/core/ir/catalog'
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
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
    if (binding.kind === 'column' || binding.kind === 'one') columns.add(binding.field)
  }
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

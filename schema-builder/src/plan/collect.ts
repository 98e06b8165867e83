import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

import { UNPLANNED } from './doubt.ts'

/** What collecting needs to know of a document, and what it learns of it. */
export interface Source {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** As graphql has coerced them. */
  readonly variables: Variables
  /** The variables that `@skip` and `@include` have asked for: what was collected holds for these values only. */
  readonly conditions: Map<string, unknown>
}

export type Variables = { readonly [name: string]: unknown }

/** Fields by the key they are answered under, in the order of the answer; equal keys are one field. */
export type Collected = ReadonlyMap<string, readonly FieldNode[]>

/**
 * What these selections ask of a value of `type`, as the specification's CollectFields says. O(size of the selections,
 * fragments followed).
 */
export function collect(
  source: Source,
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
): Collected {
  const found = new Map<string, FieldNode[]>()
  const visited = new Set<string>()
  const visit = (selection: SelectionNode): void => {
    if (selection.kind === Kind.FIELD) {
      if (!isIncluded(source, selection)) return
      const key = (selection.alias ?? selection.name).value
      const known = found.get(key)
      if (known) known.push(selection)
      else found.set(key, [selection])
      return
    }
    let fragment: Pick<FragmentDefinitionNode, 'selectionSet'> & {
      readonly typeCondition?: FragmentDefinitionNode['typeCondition']
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (!isIncluded(source, selection)) return
      fragment = selection
    } else {
      const name = selection.name.value
      if (visited.has(name) || !isIncluded(source, selection)) return
      visited.add(name)
      const defined = source.fragments.get(name)
      if (!defined) return
      fragment = defined
    }
    if (isAbout(source, type, fragment.typeCondition?.name.value)) {
      for (const inner of fragment.selectionSet.selections) visit(inner)
    }
  }
  for (const set of sets) for (const selection of set?.selections ?? []) visit(selection)
  return found
}

/** Of several fields that are answered as one: what they select. */
export function setsOf(nodes: readonly FieldNode[]): readonly (SelectionSetNode | undefined)[] {
  return nodes.map(({ selectionSet }) => selectionSet)
}

function isAbout({ schema }: Source, type: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true
  const abstract = schema.getType(condition)
  return isAbstractType(abstract) && schema.isSubType(abstract, type)
}

function isIncluded(source: Source, { directives = [] }: SelectionNode): boolean {
  return directives.every(directive => {
    const name = directive.name.value
    if (name === 'skip') return !condition(source, directive)
    return name !== 'include' || condition(source, directive)
  })
}

function condition({ variables, conditions }: Source, { arguments: [given] = [] }: DirectiveNode): boolean {
  if (given?.value.kind === Kind.BOOLEAN) return given.value.value
  if (given?.value.kind !== Kind.VARIABLE) return false
  const name = given.value.name.value
  const value = variables[name]
  conditions.set(name, value)
  if (typeof value !== 'boolean') throw UNPLANNED
  return value
}

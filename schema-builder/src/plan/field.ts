import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  getArgumentValues,
  Kind,
  visit,
} from 'graphql'
import { isBound } from '../resolve/bind.ts'
import { type Binding, bindingOf } from '../resolve/binding.ts'
import { type Collected, collect, type Source, setsOf } from './collect.ts'
import { UNPLANNED } from './doubt.ts'
import type { Run } from './object.ts'

export type Bound<K extends Binding['kind']> = Extract<Binding, { readonly kind: K }>

/** A field that is asked for, and does what its binding says: nobody has put another resolver in its place. */
export interface Asked {
  /** `"title":` */
  readonly key: string
  readonly nodes: readonly FieldNode[]
  readonly field: GraphQLField<unknown, unknown>
  readonly binding: Binding
}

/** The text of `__typename`, or a field; throws UNPLANNED for what is not ours. */
export function askedOf(
  source: Source,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): readonly (string | Asked)[] {
  if (type.isTypeOf) throw UNPLANNED
  const collected: Collected = collect(source, type, setsOf(nodes))
  return [...collected].map(([alias, same]) => asked(type, alias, same))
}

export function asked(type: GraphQLObjectType, alias: string, nodes: readonly FieldNode[]): string | Asked {
  const key = `${JSON.stringify(alias)}:`
  const name = nodes[0]?.name.value ?? ''
  if (name === '__typename') return `${key}${JSON.stringify(type.name)}`
  const field = type.getFields()[name]
  const binding = bindingOf(field?.extensions)
  if (!field || !binding || binding.kind === 'custom' || !isBound(field.resolve)) throw UNPLANNED
  return { key, nodes, field, binding }
}

export function objectType(source: Source, name: string | undefined): GraphQLObjectType {
  const type = source.schema.getType(name ?? '')
  if (!type || !('getFields' in type) || !('getInterfaces' in type)) throw UNPLANNED
  return type as GraphQLObjectType
}

/**
 * The arguments of a field, as graphql coerces them (throws what it throws), and what `make` makes of them: once for
 * all runs with equal `scope` if they are written in the document.
 */
export function made<T>(
  { field, nodes: [node] }: Asked,
  make: (args: Record<string, unknown>, run: Run) => T,
): (run: Run) => T {
  if (!node) throw UNPLANNED
  const fresh = (run: Run) => make(getArgumentValues(field, node, run.variables), run)
  if (hasVariables(node)) return fresh
  let kept: { readonly tenant: string; readonly value: T } | null = null
  return run => {
    const { tenant } = run.operation.services.scope
    if (kept?.tenant !== tenant) kept = { tenant, value: fresh(run) }
    return kept.value
  }
}

function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  let found = false
  for (const argument of given) {
    visit(argument, {
      [Kind.VARIABLE]: () => {
        found = true
      },
    })
  }
  return found
}

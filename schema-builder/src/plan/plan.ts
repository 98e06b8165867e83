import type { MaybePromise } from '@zg/core/ports/scope'
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import type { Services } from '../execute/services.ts'
import { collect, type Source, type Variables } from './collect.ts'
import { DOUBT, UNPLANNED } from './doubt.ts'
import type { Run } from './object.ts'
import { createPace, type Pace } from './pace.ts'
import type { Planning } from './planning.ts'
import { countReads, createReads, type Reads } from './reads.ts'
import { rootPlan } from './root.ts'
import { rowPlan } from './row.ts'

/** A document, compiled: what to read and how to write it, level by level. */
export interface Plan {
  /** It reads once at most. */
  readonly single: boolean
  readonly pace: Pace
  /** The JSON text of `data`. Throws, or rejects with, what `isDoubt` knows where there is an error to report. */
  answer(run: Run): MaybePromise<string>
}

/** A plan and the values of `@skip` and `@include` that it was made for; null where there can be none. */
interface Variant {
  readonly conditions: ReadonlyMap<string, unknown>
  readonly plan: Plan | null
}

/** Of one document, by operation name. */
type Variants = Map<string | null, Variant[]>

/** A document with more conditions than that answers without a plan. */
const MOST = 32

const known = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Variants>>()

export interface Planned {
  readonly plan: Plan
  readonly variables: Variables
}

/**
 * The plan of a validated query or live query, made once and kept as long as its document; null for what no plan can
 * say, such as fields that are not generated. O(1) once it is made.
 */
export function planned(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  services: Services,
): Planned | null {
  const variants = variantsOf(schema, document)
  const name = operationName ?? null
  const own = variants.get(name) ?? []
  variants.set(name, own)
  if (own[0]?.plan === null && own[0].conditions.size === 0) return null
  const operation = getOperationAST(document, operationName)
  if (!operation || operation.operation === 'mutation') return null
  const variables = coerced(schema, operation, variableValues)
  if (!variables) return null
  let variant = own.find(({ conditions }) =>
    [...conditions].every(([variable, value]) => variables[variable] === value),
  )
  if (!variant) {
    if (own.length >= MOST) return null
    variant = compile(schema, document, operation, variables, services)
    own.push(variant)
  }
  return variant.plan && { plan: variant.plan, variables }
}

function variantsOf(schema: GraphQLSchema, document: DocumentNode): Variants {
  const documents = known.get(schema) ?? new WeakMap<DocumentNode, Variants>()
  known.set(schema, documents)
  const variants = documents.get(document) ?? new Map()
  documents.set(document, variants)
  return variants
}

const NO_VARIABLES: Variables = {}

/** Null if they are refused: graphql says why. */
function coerced(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: ExecutionArgs['variableValues'],
): Variables | null {
  if (!variableDefinitions.length) return NO_VARIABLES
  const { coerced: values } = getVariableValues(schema, variableDefinitions, given ?? {}, { maxErrors: 1 })
  return values ?? null
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  { catalog, names }: Services,
): Variant {
  const fragments = new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  const conditions = new Map<string, unknown>()
  const source: Source = { schema, fragments, variables, conditions }
  const planning: Planning = {
    source,
    catalog,
    names,
    rows: (entity, nodes, reads) => rowPlan(planning, entity, nodes, reads),
  }
  const root = schema.getRootType(operation.operation)
  try {
    if (!root) throw UNPLANNED
    const reads = createReads()
    const answer = rootPlan(planning, root, collect(source, root, [operation.selectionSet]), reads)
    return { conditions, plan: { single: isSingle(reads, operation), pace: createPace(), answer } }
  } catch (error) {
    if (error !== UNPLANNED) throw error
    return { conditions, plan: null }
  }
}

/** What lies on the other side of a cursor may have to be looked up. */
function isSingle(reads: Reads, { selectionSet }: OperationDefinitionNode): boolean {
  const [only, ...more] = selectionSet.selections
  if (only?.kind !== Kind.FIELD || more.length) return false
  const cursor = only.arguments?.some(({ name: { value } }) => value === 'after' || value === 'before')
  return !cursor && countReads(reads) <= 1
}

/** Whether graphql is to answer instead, since there is an error that it words. */
export function isDoubt(error: unknown): boolean {
  return error === DOUBT || error instanceof GraphQLError
}

import { canonical, type Json } from '@zg/core/json'
import type { Scope } from '@zg/core/ports/scope'
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  type SubscriptionArgs,
  visit,
} from 'graphql'
import { bindingOf } from '../resolve/binding.ts'

/** What one execution may be shared by. */
export interface Share {
  /** Equal for the same document, variables and scope. */
  readonly key: string
  /** Live queries: every result is the whole answer. Feeds: each is a part. */
  readonly whole: boolean
  /** The asker names a position: shared is what comes from now on, and what was before it is the asker's own. */
  readonly resumes: boolean
}

type Asked = Pick<SubscriptionArgs, 'document' | 'variableValues' | 'operationName'>

/**
 * Whether a validated subscription may be executed once for all who ask the same in the same scope. Live queries may,
 * and feeds; the position a feed is asked from makes no difference to what it tells from now on. Every field that we did not
 * generate is its asker's own.
 */
export function shareOf(schema: GraphQLSchema, asked: Asked, scope: Scope): Share | null {
  const { document, operationName } = asked
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'subscription') return null
  const fields = rootFields(operation, asked)
  const kinds = new Set(fields.map(field => kindOf(schema, field)))
  const [kind] = kinds
  if (!kind || kinds.size !== 1) return null
  const since = kind === 'part' ? sinceOf(operation, fields, asked) : FROM_NOW
  if (!since) return null
  const text = document.loc?.source.body ?? print(document)
  const { tenant, principal } = scope
  const { [since.variable ?? '']: _, ...variables } = asked.variableValues ?? {}
  const parts = [text, operationName ?? null, variables, tenant, principal]
  try {
    const key = canonical(parts as unknown as Json)
    return { key, whole: kind === 'whole', resumes: since.resumes }
  } catch {
    // Variables that are not JSON come from no transport; whoever passes them is served alone.
    return null
  }
}

function rootFields(operation: OperationDefinitionNode, { document }: Asked): readonly FieldNode[] {
  const fields: FieldNode[] = []
  const gather = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) gather(selection.selectionSet)
      else {
        const named = document.definitions.find(
          node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
        )
        if (named && 'selectionSet' in named && named.selectionSet) gather(named.selectionSet)
      }
    }
  }
  gather(operation.selectionSet)
  return fields
}

function kindOf(schema: GraphQLSchema, field: FieldNode): 'whole' | 'part' | null {
  const defined = schema.getSubscriptionType()?.getFields()[field.name.value]
  switch (bindingOf(defined?.extensions)?.kind) {
    case 'row':
    case 'rows':
    case 'node':
      return 'whole'
    case 'changes':
      return 'part'
    default:
      return null
  }
}

interface Since {
  readonly resumes: boolean
  /** Means nothing but the position. */
  readonly variable?: string
}

const FROM_NOW: Since = { resumes: false }

/** Where a feed is asked to begin; null if what says so may mean something else, too. */
function sinceOf(
  operation: OperationDefinitionNode,
  fields: readonly FieldNode[],
  { document, variableValues }: Asked,
): Since | null {
  const [field, ...more] = fields
  const since = field?.arguments?.find(({ name }) => name.value === 'since')?.value
  if (!since || since.kind === Kind.NULL) return FROM_NOW
  if (since.kind !== Kind.VARIABLE) return { resumes: true }
  const variable = since.name.value
  const defined = operation.variableDefinitions?.find(one => one.variable.name.value === variable)
  const given = variableValues?.[variable]
  const resumes = given === undefined ? defined?.defaultValue !== undefined : given !== null
  if (!more.length && usesOf(variable, document) === 1) return { resumes, variable }
  return resumes ? null : FROM_NOW
}

function usesOf(variable: string, document: DocumentNode): number {
  let uses = 0
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      if (name.value === variable) uses++
    },
  })
  return uses
}

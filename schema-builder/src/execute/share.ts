import { canonical, type Json } from '@zg/core/json'
import type { Scope } from '@zg/core/ports/scope'
import {
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  type SubscriptionArgs,
} from 'graphql'
import { bindingOf } from '../resolve/binding.ts'

/** What one execution may be shared by. */
export interface Share {
  /** Equal for the same document, variables and scope. */
  readonly key: string
  /** Live queries: every result is the whole answer. Feeds: each is a part. */
  readonly whole: boolean
}

type Asked = Pick<SubscriptionArgs, 'document' | 'variableValues' | 'operationName'>

/**
 * Whether a validated subscription may be executed once for all who ask the same in the same scope. Live queries may,
 * and feeds from now on; a feed from a position is its asker's own, and so is every field that we did not generate.
 */
export function shareOf(schema: GraphQLSchema, asked: Asked, scope: Scope): Share | null {
  const { document, operationName } = asked
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'subscription') return null
  const kinds = new Set(rootFields(operation, asked).map(field => kindOf(schema, operation, field, asked)))
  const [kind] = kinds
  if (!kind || kinds.size !== 1) return null
  const text = document.loc?.source.body ?? print(document)
  const { tenant, principal } = scope
  const parts = [text, operationName ?? null, asked.variableValues ?? {}, tenant, principal]
  try {
    return { key: canonical(parts as unknown as Json), whole: kind === 'whole' }
  } catch {
    // Variables that are not JSON come from no transport; whoever passes them is served alone.
    return null
  }
}

function rootFields(operation: OperationDefinitionNode, { document }: Asked): readonly FieldNode[] {
  const fields: FieldNode[] = []
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet)
      else {
        const named = document.definitions.find(
          node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
        )
        if (named && 'selectionSet' in named && named.selectionSet) visit(named.selectionSet)
      }
    }
  }
  visit(operation.selectionSet)
  return fields
}

function kindOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  field: FieldNode,
  asked: Asked,
): 'whole' | 'part' | null {
  const defined = schema.getSubscriptionType()?.getFields()[field.name.value]
  switch (bindingOf(defined?.extensions)?.kind) {
    case 'row':
    case 'rows':
    case 'node':
      return 'whole'
    case 'changes':
      return isFromNow(operation, field, asked) ? 'part' : null
    default:
      return null
  }
}

/** Without `since`, whichever way it is left out. */
function isFromNow(operation: OperationDefinitionNode, field: FieldNode, { variableValues }: Asked): boolean {
  const since = field.arguments?.find(({ name }) => name.value === 'since')?.value
  if (!since || since.kind === Kind.NULL) return true
  if (since.kind !== Kind.VARIABLE) return false
  const name = since.name.value
  const defined = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
  const given = variableValues?.[name]
  return given === null || (given === undefined && !defined?.defaultValue)
}

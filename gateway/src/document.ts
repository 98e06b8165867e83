import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Lexer,
  NoSchemaIntrospectionCustomRule,
  parse,
  type SelectionSetNode,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql'

/**
 * How large a document may be. A query of four relations with filters needs some 20 levels and 100 fields; GraphiQL's
 * introspection 14 levels. Everything beyond is refused with 400 before it is resolved, and before it can overflow
 * the stack of a recursive parser or validator.
 */
const LIMITS = {
  tokens: 10_000,
  /** Braces, brackets and parentheses inside each other. */
  nesting: 64,
  /** Fields inside each other, fragments followed. */
  depth: 24,
  /** Fields in all, every use of a fragment counted. */
  fields: 2_000,
  /** Aliases of one field in one selection set. */
  aliases: 15,
  /** Values inside each other in the variables. */
  variables: 64,
} as const

/** Parses a document that is within limits; throws a GraphQLError, never a RangeError. */
export function parseDocument(text: string | Source): DocumentNode {
  const source = typeof text === 'string' ? new Source(text) : text
  const lexer = new Lexer(source)
  let nesting = 0
  for (
    let token = lexer.advance(), count = 1;
    token.kind !== TokenKind.EOF;
    token = lexer.advance(), count++
  ) {
    if (count > LIMITS.tokens) throw tooLarge(`more than ${LIMITS.tokens} tokens`)
    if (OPENING.has(token.kind)) nesting++
    else if (CLOSING.has(token.kind)) nesting--
    if (nesting > LIMITS.nesting) throw tooLarge(`more than ${LIMITS.nesting} levels of brackets`)
  }
  return parse(source)
}

const OPENING = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const CLOSING = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/** The reasons why a document cannot run under a schema; empty when it can. Limits come first: they are cheap. */
export function checkDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  { introspection }: { readonly introspection: boolean },
): readonly GraphQLError[] {
  const large = oversize(document)
  if (large) return [large]
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  return validate(schema, document, rules, { maxErrors: 20 })
}

/** Refuses variables whose nesting would overflow whoever walks them. Iterative, for the same reason. */
export function checkVariables(variables: unknown): GraphQLError | undefined {
  let level: readonly unknown[] = [variables]
  for (let depth = 0; level.length; depth++) {
    if (depth > LIMITS.variables) return tooLarge(`variables nested deeper than ${LIMITS.variables} levels`)
    level = level.flatMap(value => (typeof value === 'object' && value ? Object.values(value) : []))
  }
  return undefined
}

interface Size {
  readonly depth: number
  readonly fields: number
}

/** One walk over operations and fragments, each fragment measured once: linear, whatever they would expand to. */
function oversize(document: DocumentNode): GraphQLError | undefined {
  const fragments = new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node.selectionSet] as const] : [],
    ),
  )
  const sizes = new Map<string, Size>()
  let aliased: string | undefined

  const fragment = (name: string): Size => {
    const known = sizes.get(name)
    if (known) return known
    // Until it is measured it counts as nothing: a circle ends here, and validation reports it.
    sizes.set(name, { depth: 0, fields: 0 })
    const set = fragments.get(name)
    const size = set ? measure(set) : { depth: 0, fields: 0 }
    sizes.set(name, size)
    return size
  }
  const measure = (set: SelectionSetNode): Size => {
    let depth = 0
    let fields = 0
    const uses = new Map<string, number>()
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD && node.alias) {
        const count = (uses.get(node.name.value) ?? 0) + 1
        uses.set(node.name.value, count)
        if (count > LIMITS.aliases) aliased = node.name.value
      }
      const own = node.kind === Kind.FIELD ? 1 : 0
      const inner =
        node.kind === Kind.FRAGMENT_SPREAD
          ? fragment(node.name.value)
          : node.selectionSet
            ? measure(node.selectionSet)
            : { depth: 0, fields: 0 }
      depth = Math.max(depth, own + inner.depth)
      fields += own + inner.fields
    }
    return { depth, fields }
  }

  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const { depth, fields } = measure(node.selectionSet)
    if (depth > LIMITS.depth) return tooLarge(`fields nested deeper than ${LIMITS.depth} levels`)
    if (fields > LIMITS.fields) return tooLarge(`more than ${LIMITS.fields} fields, fragments expanded`)
  }
  return aliased ? tooLarge(`more than ${LIMITS.aliases} aliases of the field "${aliased}"`) : undefined
}

function tooLarge(what: string): GraphQLError {
  return new GraphQLError(`The request has ${what}. Ask for less, or in several requests.`, {
    extensions: { code: 'DOCUMENT_LIMIT' },
  })
}

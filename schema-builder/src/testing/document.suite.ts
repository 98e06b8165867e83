import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  parseValue,
  valueFromASTUntyped,
} from 'graphql'

/** A number below `options`: 0 is the plainest. Where the choices come from decides what can be shrunk and replayed. */
export type Choose = (options: number) => number

/** Choices off a list; once it is used up everything is plain, so that shorter lists make smaller documents. */
export function chosen(list: readonly number[]): Choose {
  let at = 0
  return options => (list[at++] ?? 0) % options
}

/** How deep selections and inputs nest. */
const DEPTH = 4

/** A document with what it is asked with. */
export interface Asked {
  readonly text: string
  readonly variables: { readonly [name: string]: unknown }
}

/** What random values are taken from, beside those at the edges of their types. */
export interface Pool {
  readonly ids: readonly string[]
  /** Of pages. */
  readonly cursors?: readonly string[]
}

/**
 * A random operation of the schema's own fields and types. Custom scalars may refuse its values, and fields that are
 * answered as one may not fit together.
 */
export function anyDocument(
  schema: GraphQLSchema,
  operation: 'query' | 'mutation' | 'subscription',
  choose: Choose,
  pool: Pool,
): Asked {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }
  const root = roots[operation]
  if (!root) throw new Error(`The schema has no ${operation}`)
  const walk = createWalk(schema, choose, pool)
  const body = walk.selection(root, DEPTH, operation === 'subscription')
  const declared = walk.declared.map(({ name, type }) => `$${name}: ${type}`).join(' ')
  const values = walk.declared.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))
  // As it comes over the network.
  const variables = JSON.parse(JSON.stringify(Object.fromEntries(values)))
  const text = [`${operation} ${declared && `(${declared}) `}${body}`, ...walk.fragments].join('\n')
  return { text, variables }
}

interface Declared {
  readonly name: string
  readonly type: string
  /** Undefined: not given. */
  readonly value: unknown
}

function createWalk(schema: GraphQLSchema, choose: Choose, { ids, cursors = [] }: Pool) {
  let aliases = 0
  const fragments: string[] = []
  const declared: Declared[] = []
  const pick = <T>(options: readonly T[]): T => options[choose(options.length)] as T

  function selection(type: GraphQLObjectType, depth: number, alone = false): string {
    const fields = Object.values(type.getFields()).filter(
      field => depth > 1 || isLeafType(getNamedType(field.type)),
    )
    if (!fields.length) return '{ __typename }'
    // Half of what is written is new rows: without them there is nothing to write to.
    const making = fields.filter(({ name }) => depth === DEPTH && /^(create|upsert)/.test(name))
    const before: string[] = []
    const one = (): string => {
      // Asked again, under the same name: the two are answered as one.
      if (before.length && choose(8) === 1) return pick(before)
      const text = oneField(pick(making.length && choose(2) ? making : fields), depth)
      before.push(text)
      return alone ? text : wrapped(type, text)
    }
    const more = alone ? 0 : choose(depth === DEPTH ? 2 : 4)
    return `{ ${Array.from({ length: 1 + more }, one).join(' ')} }`
  }

  /** In a fragment, behind a condition, or as it is. */
  function wrapped(type: GraphQLObjectType, text: string): string {
    switch (choose(12)) {
      case 1:
        return `... ${condition()} { ${text} }`
      case 2:
        return `... on ${type.name} { ${text} __typename }`
      case 3: {
        const name = `f${fragments.length}`
        fragments.push(`fragment ${name} on ${type.name} { ${text} }`)
        return `...${name} ${choose(2) ? condition() : ''} ...${name}`
      }
      case 4:
        return `t${aliases++}: __typename ${text}`
      default:
        return text
    }
  }

  function condition(): string {
    const how = pick(['include', 'skip'])
    if (choose(2)) return `@${how}(if: ${pick(['true', 'false'])})`
    const known = declared.filter(({ type }) => type === 'Boolean!')
    const name = known.length && choose(2) ? pick(known).name : declare('Boolean!', choose(2) === 0)
    return `@${how}(if: $${name})`
  }

  function declare(type: string, given: unknown): string {
    const name = `v${declared.length}`
    declared.push({ name, type, value: given })
    return name
  }

  function oneField(field: GraphQLField<unknown, unknown>, depth: number): string {
    const optional = field.args.every(arg => !isRequiredArgument(arg))
    // Under its own name, without arguments, it meets itself and is merged.
    if (optional && choose(4) === 1) return `${field.name}${below(field.type, depth - 1)}`
    const guard = depth < DEPTH && choose(10) === 1 ? ` ${condition()}` : ''
    // Aliases keep fields with different arguments apart.
    return `a${aliases++}: ${field.name}${args(field.args, depth)}${guard}${below(field.type, depth - 1)}`
  }

  function below(output: GraphQLOutputType, depth: number): string {
    const type = getNamedType(output)
    if (isObjectType(type)) return ` ${selection(type, depth)}`
    if (!isAbstractType(type)) return ''
    const members = schema.getPossibleTypes(type)
    const parts = Array.from({ length: 1 + choose(2) }, () => {
      const member = pick(members)
      return `... on ${member.name} ${selection(member, depth)}`
    })
    return ` { __typename ${parts.join(' ')} }`
  }

  function args(list: readonly GraphQLArgument[], depth: number): string {
    const given = list.filter(arg => isRequiredArgument(arg) || choose(3) === 1)
    return given.length ? `(${given.map(arg => `${arg.name}: ${argument(arg, depth)}`).join(' ')})` : ''
  }

  /** Written out, or in a variable; of those that may be left out some are null or not given. */
  function argument({ name, type }: GraphQLArgument, depth: number): string {
    const isCursor = cursors.length > 0 && (name === 'after' || name === 'before') && choose(3) > 0
    const how = choose(8)
    if (how < 5) return isCursor ? quoted(pick(cursors)) : value(type, depth)
    const given =
      how === 5 || isNonNullType(type) ? untyped(value(type, depth)) : how === 6 ? null : undefined
    return `$${declare(String(type), given)}`
  }

  function value(type: GraphQLInputType, depth: number): string {
    if (isNonNullType(type)) return value(type.ofType, depth)
    if (isListType(type)) {
      const item = type.ofType
      return `[${Array.from({ length: choose(3) }, () => value(item, depth - 1)).join(' ')}]`
    }
    if (isEnumType(type)) return pick(type.getValues()).name
    if (!isInputObjectType(type)) return pick(scalars(type.name))
    const fields = Object.values(type.getFields())
    if (type.isOneOf) {
      const within = depth > 0 ? fields : fields.filter(field => isLeafType(getNamedType(field.type)))
      const one = within.length ? pick(within) : null
      return one ? `{ ${one.name}: ${value(one.type, depth - 1)} }` : '{}'
    }
    const given = fields.filter(field => isRequiredInputField(field) || (depth > 0 && choose(3) === 1))
    return `{ ${given.map(field => `${field.name}: ${value(field.type, depth - 1)}`).join(' ')} }`
  }

  function scalars(name: string): readonly string[] {
    if (name === 'ID') return [...ids.map(quoted), ...(VALUES.ID ?? [])]
    return VALUES[name] ?? VALUES.String ?? []
  }

  return { selection, declared, fragments }
}

/** What a literal says, as JSON: enum values are text there. */
function untyped(literal: string): unknown {
  return valueFromASTUntyped(parseValue(literal))
}

const quoted = (text: string): string => JSON.stringify(text)

/** The plain ones first, then those at the edges of what is allowed, then some beyond. */
const VALUES: { readonly [scalar: string]: readonly string[] } = {
  Int: ['1', '0', '2', '-1', '500', '501', '1000000', '2147483647', '-2147483648'],
  Float: ['1.5', '0', '-0.0', '1e308', '-1e-308', '3'],
  Boolean: ['true', 'false'],
  String: [
    'a',
    '',
    'constructor',
    '__proto__',
    '%_\\',
    '\'";--',
    'ß 😀 \ufb01',
    'x'.repeat(300),
    '\u0000',
  ].map(quoted),
  ID: ['p0_1', 'p1_x-Y', 'nobody_1', '', '__proto__', 'p0_01jd8w6x9me5v0c2r7t4k3hz8q'].map(quoted),
  BigInt: ['1', '0', '-1', '9223372036854775807', '-9223372036854775808', '9223372036854775808'].map(quoted),
  Decimal: ['1', '0.00', '-1.5', '99999999999999999999999999999999999999', '0.001', '1e3'].map(quoted),
  DateTime: ['2026-11-21T10:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-30'].map(
    quoted,
  ),
  Date: ['2026-11-21', '0001-01-01', '9999-12-31', '2026-02-29'].map(quoted),
  Bytes: ['', 'AQID', '_w', 'A', '=='].map(quoted),
  Cursor: ['', 'x', 'eyJ9'].map(quoted),
  JSON: ['{ a: 1 }', '[]', '"text"', '0', 'true', '{ b: { c: [null] } }', '{ __proto__: 1 }'],
}

import {
  type GraphQLNamedType,
  GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isUnionType,
} from 'graphql'

/**
 * The schema without those of `ours` that nothing leads to: what no operation takes or answers is no part of it. Types
 * of the builder's owner stay, and whatever they lead to. O(size of the schema).
 */
export function withoutUnused(schema: GraphQLSchema, ours: ReadonlySet<string>): GraphQLSchema {
  const reached = new Set<GraphQLNamedType>()
  const waiting: (GraphQLNamedType | null | undefined)[] = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
    ...schema.getDirectives().flatMap(({ args }) => args.map(({ type }) => getNamedType(type))),
    ...Object.values(schema.getTypeMap()).filter(type => !ours.has(type.name)),
  ]
  for (let type = waiting.pop(); waiting.length || type; type = waiting.pop()) {
    if (!type || reached.has(type)) continue
    reached.add(type)
    waiting.push(...ledTo(schema, type))
  }
  const types = Object.values(schema.getTypeMap()).filter(type => reached.has(type))
  if (types.length === Object.keys(schema.getTypeMap()).length) return schema
  return new GraphQLSchema({ ...schema.toConfig(), types: types.filter(type => !isIntrospectionType(type)) })
}

function ledTo(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLNamedType[] {
  if (isUnionType(type)) return type.getTypes()
  if (isInputObjectType(type)) return Object.values(type.getFields()).map(field => getNamedType(field.type))
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  const fields = Object.values(type.getFields())
  return [
    ...type.getInterfaces(),
    // Whatever an interface stands for may be asked for by its name.
    ...(isInterfaceType(type) ? schema.getPossibleTypes(type) : []),
    ...fields.flatMap(({ type: of, args }) =>
      [of, ...args.map(arg => arg.type)].map(one => getNamedType(one)),
    ),
  ]
}

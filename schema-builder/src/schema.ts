import SchemaBuilder from '@pothos/core'
import type { ModelIR } from '@zg/core/ir/ir'
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import ZG from './plugin/index.ts'
import type { ZgModel } from './plugin/types.ts'

/** The GraphQL schema of a model with nothing added. Throws a ProblemError if its names clash. */
export function graphqlSchema(model: ZgModel): GraphQLSchema {
  return new SchemaBuilder<{ ZG: ZgModel }>({ plugins: [ZG], zg: { model } }).toSchema()
}

/** The SDL of a model, sorted: equal models give equal text. */
export function sdl(ir: ModelIR): string {
  return printSchema(lexicographicSortSchema(graphqlSchema({ ir })))
}

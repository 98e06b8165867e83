import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { names } from '@zg/core/ir/names'
import type { Feed } from '@zg/core/ports/feed'
import { ANONYMOUS, MAIN, type MaybePromise } from '@zg/core/ports/scope'
import { type ExecutionResult, type GraphQLSchema, parse, validate } from 'graphql'
import { batchedLoads } from '../execute/batched.ts'
import { type Context, createContext } from '../execute/context.ts'
import { execute } from '../execute/execute.ts'
import { directLoads } from '../execute/loads.ts'
import type { Host, Services } from '../execute/services.ts'
import { subscribe } from '../execute/subscribe.ts'
import type { SchemaExtension } from '../plugin/plugin.ts'
import { graphqlSchema } from '../schema.ts'
import { later } from './later.suite.ts'
import { type Memory, memory } from './memory.suite.ts'

/** The generated API of the film model over memory, as a client sees it. */
export interface Api extends Memory {
  readonly schema: GraphQLSchema
  context(): Context
  run(document: string, variables?: Variables): MaybePromise<ExecutionResult>
  subscribe(
    document: string,
    variables?: Variables,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>
}

type Variables = { readonly [name: string]: unknown }

export interface ApiOptions {
  /** `now`: ports answer at once, as a replica; `later`: in promises and batches, as a gateway. */
  readonly ports: 'now' | 'later'
  /** Made from the memory it reports on. */
  readonly feed?: (data: Memory) => Feed
  readonly host?: Host
  readonly schema?: GraphQLSchema
}

export function api({
  ports,
  feed = () => SILENT,
  host = HOST,
  schema = graphqlSchema({ ir: filmModel }),
}: ApiOptions): Api {
  const data = memory()
  const { ir: shown } = schema.extensions.zg as SchemaExtension
  const services: Services = {
    ...(ports === 'now' ? data : later(data)),
    feed: feed(data),
    host,
    scope: { tenant: MAIN, principal: ANONYMOUS },
    catalog: shown === filmModel ? data.catalog : catalog(shown),
    names: names(shown).names,
    loads: ports === 'now' ? directLoads : batchedLoads,
  }
  const args = (document: string, variableValues: Variables) => ({
    schema,
    document: parse(document),
    variableValues,
    contextValue: createContext(services),
  })
  // Validation comes first, as at every server.
  const checked = (document: string): ExecutionResult | null => {
    const errors = validate(schema, parse(document))
    return errors.length ? { errors } : null
  }
  return {
    ...data,
    schema,
    context: () => createContext(services),
    run: (document, variables = {}) => checked(document) ?? execute(args(document, variables)),
    subscribe: async (document, variables = {}) => checked(document) ?? subscribe(args(document, variables)),
  }
}

/** A field of the answer; the test fails with its errors if there is no data. */
export function dataOf<T>({ data, errors }: ExecutionResult, field: string): T {
  if (!data) throw new Error(errors?.map(String).join() ?? 'no data')
  return data[field] as T
}

/** The code of the first error. */
export function codeOf(result: ExecutionResult): unknown {
  return result.errors?.[0]?.extensions.code
}

let sequence = 0
const HOST: Host = {
  now: () => 1_700_000_000_000,
  random: bytes => new Uint8Array(bytes).fill(++sequence),
  setTimer: (ms, fire) => {
    if (ms > 0) throw new Error('No timer was expected here')
    const turn = setImmediate(fire)
    return () => clearImmediate(turn)
  },
}

const SILENT: Feed = {
  follow: () => never('follow'),
  replicate: () => never('replicate'),
  touches: () => never('touches'),
}

function never(what: string): never {
  throw new Error(`${what} was not expected here`)
}

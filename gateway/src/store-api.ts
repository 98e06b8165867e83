import { catalog } from '@zg/core/ir/catalog'
import { modelHash } from '@zg/core/ir/hash'
import { names as namesOf } from '@zg/core/ir/names'
import { ANONYMOUS, MAIN, type Scope } from '@zg/core/ports/scope'
import { batchedLoads } from '@zg/schema-builder/execute/batched'
import { createContext } from '@zg/schema-builder/execute/context'
import { execute } from '@zg/schema-builder/execute/execute'
import type { Host, Services } from '@zg/schema-builder/execute/services'
import { shareOf } from '@zg/schema-builder/execute/share'
import { subscribe } from '@zg/schema-builder/execute/subscribe'
import type { SchemaExtension } from '@zg/schema-builder/plugin/plugin'
import { graphqlSchema } from '@zg/schema-builder/schema'
import { machine } from '@zg/store/host'
import type { Store } from '@zg/store/store'
import type { GraphQLSchema } from 'graphql'
import type { Api, Operation } from './api.ts'

export interface StoreApiOptions {
  /** How long live queries gather changes before they run again, in ms. Default 50. */
  readonly coalesce?: number
  /** Of a builder with the zg plugin; absent: what the store's model generates, and nothing else. */
  readonly schema?: GraphQLSchema
  /** Serve replicas, too. By default if the schema shows the whole model: a replica sees all of it. */
  readonly sync?: boolean
}

/** The API of a model over an opened store. Whoever opened the store closes it, after the gateway. */
export function storeApi(
  store: Pick<Store, 'catalog' | 'defaults' | 'reader' | 'writer' | 'feed' | 'ready'>,
  { coalesce, schema = graphqlSchema({ ir: store.catalog.model }), ...more }: StoreApiOptions = {},
): Api {
  const { defaults, reader, writer, feed } = store
  const { ir } = schema.extensions.zg as SchemaExtension
  const { sync = modelHash(ir) === modelHash(store.catalog.model) } = more
  const services: Services = {
    reader,
    writer,
    feed,
    // As the schema shows the model: it may leave out entities, and call them differently.
    catalog: catalog(ir),
    defaults,
    names: namesOf(ir).names,
    scope,
    host,
    loads: batchedLoads,
    coalesce,
  }
  const args = ({ document, variableValues, operationName }: Operation) => ({
    schema,
    document,
    variableValues,
    operationName,
    contextValue: createContext(services),
  })
  return {
    schema,
    execute: async operation => execute(args(operation)),
    subscribe: async operation => subscribe(args(operation), operation),
    share: operation => shareOf(schema, operation, services.scope),
    ...(sync ? { sync: { catalog: store.catalog, writer, feed, scope } } : {}),
    ready: () => store.ready(),
  }
}

/** Nobody proves who they are yet, so everybody is anonymous, in the tenant of schemas without tenants. */
const scope: Scope = { tenant: MAIN, principal: ANONYMOUS }

/** The store's machine, with timers that can be called off. */
const host: Host = {
  now: machine.now,
  random: machine.random,
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
}

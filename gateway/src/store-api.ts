import { randomBytes } from 'node:crypto'
import { names as namesOf } from '@zg/core/ir/names'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { batchedLoads } from '@zg/schema-builder/execute/batched'
import { createContext } from '@zg/schema-builder/execute/context'
import { execute } from '@zg/schema-builder/execute/execute'
import type { Host, Services } from '@zg/schema-builder/execute/services'
import { subscribe } from '@zg/schema-builder/execute/subscribe'
import { graphqlSchema } from '@zg/schema-builder/schema'
import type { Store } from '@zg/store/store'
import type { Api, Operation } from './api.ts'

/** The API of a model over an opened store. Whoever opened the store closes it, after the gateway. */
export function storeApi(store: Pick<Store, 'catalog' | 'reader' | 'writer' | 'feed' | 'ready'>): Api {
  const { catalog, reader, writer, feed } = store
  const { model } = catalog
  const schema = graphqlSchema({ ir: model })
  const services: Services = {
    reader,
    writer,
    feed,
    catalog,
    names: namesOf(model).names,
    // Nobody proves who they are yet, so everybody is anonymous, in the tenant of schemas without tenants.
    scope: { tenant: MAIN, principal: ANONYMOUS },
    host,
    loads: batchedLoads,
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
    subscribe: async operation => subscribe(args(operation)),
    ready: () => store.ready(),
  }
}

/** This process: its clock, its randomness, its timers. */
const host: Host = {
  now: () => Date.now(),
  random: bytes => new Uint8Array(randomBytes(bytes)),
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
}

import type { ModelCode } from '@zg/core/act/checks'
import type { ModelIR } from '@zg/core/ir/ir'
import { checkPort, createGateway, type Gateway, type GatewayOptions } from '@zg/gateway/gateway'
import { storeApi } from '@zg/gateway/store-api'
import { openStore, type Store } from '@zg/store/store'
import { openLine } from '../hold/line.ts'
import { type Project, readTabs } from '../project/project.ts'
import { answerRequests } from './answer.ts'
import { type Data, openData } from './data.ts'
import { type Environment, isLoopback } from './environment.ts'
import { dim, red, say } from './terminal.ts'

export interface RuntimeOptions {
  readonly project: Project
  readonly model: ModelIR
  readonly code: ModelCode
  readonly environment: Environment
  /** Serve GraphiQL, introspection and suggestions. */
  readonly explorable: boolean
  /** Let pages of this machine call. */
  readonly local: boolean
}

/** A project being served. */
export interface Runtime {
  readonly gateway: Gateway
  readonly data: Data
  store(): Store
  /** Migrates and opens the model beside the old one, then changes over. If it throws, the old one goes on. */
  replace(model: ModelIR, code: ModelCode): Promise<void>
  /** Ends everything in order; what was acknowledged is kept. Idempotent. */
  close(): Promise<void>
}

/** Opens data, store, gateway and the line for other commands; closes again whatever it opened if one of them fails. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close()
  }
  try {
    await checkPort(options.environment)
    const data = await openData(options.project, options.environment)
    closers.push(data.close)
    let store = await openStore(data.database, options.model, options.code)
    closers.push(() => store.close())
    const gateway = await createGateway(gatewayOptions(options, store))
    closers.push(gateway.close)
    if (data.hold) {
      const answer = answerRequests({ database: data.database, store: () => store })
      const line = await openLine(data.hold.folder, answer)
      closers.push(line.close)
      await data.hold.announce(line.socket)
    }
    let closing: Promise<void> | undefined
    return {
      gateway,
      data,
      store: () => store,
      replace: async (model, code) => {
        const next = await openStore(data.database, model, code)
        const old = store
        store = next
        await gateway.swap(storeApi(next))
        await old.close()
      },
      close: () => {
        closing ??= closeAll()
        return closing
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function gatewayOptions(
  { project, environment, explorable, local }: RuntimeOptions,
  store: Store,
): GatewayOptions {
  const { port, host, origins } = environment
  return {
    api: storeApi(store),
    port,
    host,
    introspection: explorable,
    door: { origins, local: local && isLoopback(host) },
    report: (error, reference) => {
      say(
        red(`Error ${reference}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      )
    },
    complain: ({ by, tenant, code, message }) =>
      say(dim(`A replica of ${by} (tenant ${tenant}) was refused: ${code}: ${message}`)),
    ...(explorable && { graphiql: { tabs: () => readTabs(project), log: line => say(dim(line)) } }),
  }
}

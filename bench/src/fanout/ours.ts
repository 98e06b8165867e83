import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { createGateway } from '@zg/gateway/gateway'
import { storeApi } from '@zg/gateway/store-api'
import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { argument, serve } from '../worker.ts'
import type { Message } from './message.ts'
import { ir } from './model.ts'

// Our gateway. A message is a mutation: durable before it is sent to anybody.

const { url } = argument<{ readonly url: string }>()
const store = await openStore(await openDatabase({ url }), ir)
const gateway = await createGateway({
  api: storeApi(store),
  port: 0,
  host: '127.0.0.1',
  introspection: false,
  door: { origins: [], local: false },
  report: error => console.error(error),
})
const scope = { tenant: MAIN, principal: ANONYMOUS }

serve(`ws://127.0.0.1:${gateway.port}/graphql`, async ({ id, ...values }: Message) => {
  const fields = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { kind: 'set', value }] as const),
  )
  const { verdict } = await store.writer.commit({
    scope,
    acts: [{ kind: 'create', entity: 'Message', id, fields }],
  })
  if (verdict.status !== 'applied') throw new Error(JSON.stringify(verdict.problems))
})

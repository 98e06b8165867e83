import { createGateway } from '@zg/gateway/gateway'
import { storeApi } from '@zg/gateway/store-api'
import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { argument, serve } from '../worker.ts'
import { ir } from './model.ts'

// A gateway as `zg start` opens it, in a process of its own.

const { url, pool } = argument<{ readonly url: string; readonly pool: number }>()
const store = await openStore(await openDatabase({ url, pool }), ir)
const gateway = await createGateway({
  api: storeApi(store),
  port: 0,
  host: '127.0.0.1',
  introspection: false,
  door: { origins: [], local: false },
  report: error => console.error(error),
})
serve(`http://127.0.0.1:${gateway.port}/graphql`)

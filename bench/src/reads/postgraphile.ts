import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { argument, serve } from '../worker.ts'

// PostGraphile 5 as its documentation sets it up for production: no GraphiQL, no explain, no watching.

const { url, pool } = argument<{ readonly url: string; readonly pool: number }>()
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: url, schemas: ['plain'], poolConfig: { max: pool } })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { explain: false },
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)
await instance.getSchema()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)

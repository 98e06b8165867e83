import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// A gateway process as `zg start` makes one, without reading a schema from files: it begins in half the time, and
// twenty of them are to be killed. Prints where it serves.

// What is loaded before this is not cached, so everything is loaded behind it.
enableCompileCache(join(import.meta.dirname, '../../../.cache/compiled'))
const { createGateway } = await import('@zg/gateway/gateway')
const { storeApi } = await import('@zg/gateway/store-api')
const { entity, f, model } = await import('@zg/schema-builder')
const { openDatabase } = await import('@zg/store/database')
const { openStore } = await import('@zg/store/store')

const Task = entity({ id: f.id(), title: f.string() })
const Note = entity({ id: f.id(), body: f.text() })
const { ir } = model({ open: true, entities: { Task, Note } }).define()

const database = await openDatabase({ url: process.env.DATABASE_URL ?? '' })
const gateway = await createGateway({
  api: storeApi(await openStore(database, ir)),
  port: 0,
  host: '127.0.0.1',
  introspection: false,
  door: { origins: [], local: true },
  report: error => console.error(error),
})
console.log(`${gateway.url}/graphql`)

export type { Api, Operation } from './api.ts'
export type { DoorOptions } from './door.ts'
export type { Gateway, GatewayOptions } from './gateway.ts'
export { createGateway, ENDPOINT } from './gateway.ts'
export type { GraphiqlOptions } from './graphiql/serve.ts'
export { storeApi } from './store-api.ts'

export { serveSync } from './sync/serve.ts'

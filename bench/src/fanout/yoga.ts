import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionArgs } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { serve } from '../worker.ts'
import type { Message } from './message.ts'

// The recipe that Yoga's documentation gives for graphql-ws, and its PubSub: nothing is durable, every subscriber is
// executed and serialised on its own.

const typeDefs = `
  type Query { ok: Boolean }
  type Subscription { messageChanges: MessageChangeBatch! }
  type MessageChangeBatch { events: [MessageChange!]! }
  type MessageChange { kind: ChangeKind!, id: ID!, message: Message }
  enum ChangeKind { UPSERT DELETE EVICT }
  type Message { id: ID!, text: String!, room: String!, stars: Int! }`

type Event = { readonly kind: 'UPSERT'; readonly id: string; readonly message: Message }

const pubSub = createPubSub<{
  message: [payload: { readonly messageChanges: { readonly events: readonly Event[] } }]
}>()
const schema = createSchema({
  typeDefs,
  resolvers: { Subscription: { messageChanges: { subscribe: () => pubSub.subscribe('message') } } },
})
const yoga = createYoga({ schema, logging: false })
const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint })

interface Root {
  readonly execute: (args: ExecutionArgs) => unknown
  readonly subscribe: (args: ExecutionArgs) => unknown
}

useServer(
  {
    execute: args => (args.rootValue as Root).execute(args) as never,
    subscribe: args => (args.rootValue as Root).subscribe(args) as never,
    onSubscribe: async (ctx, _id, params) => {
      const enveloped = yoga.getEnveloped({
        ...ctx,
        req: ctx.extra.request,
        socket: ctx.extra.socket,
        params,
      } as Parameters<typeof yoga.getEnveloped>[0] & Plugin)
      const args = {
        schema: enveloped.schema,
        operationName: params.operationName,
        document: enveloped.parse(params.query),
        variableValues: params.variables,
        contextValue: await enveloped.contextFactory(),
        rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
      }
      const errors = enveloped.validate(args.schema, args.document)
      return errors.length ? errors : (args as never)
    },
  },
  sockets,
)

server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}${yoga.graphqlEndpoint}`
serve(url, async (message: Message) => {
  pubSub.publish('message', { messageChanges: { events: [{ kind: 'UPSERT', id: message.id, message }] } })
})

import { EventEmitter, on } from 'node:events'
import { ProblemError, problem } from '@zg/core/problem'
import { buildSchema, type ExecutionResult, execute, subscribe } from 'graphql'
import type { Api } from './api.ts'

/** A small API without a store, for the gateway's own tests, and what they need to steer and watch it. */
export interface FakeApi extends Api {
  /** Subscriptions whose source is running. */
  readonly listening: () => number
  /** Resolves once `listening()` has become `count`. */
  until(count: number): Promise<void>
  /** Resolves once the query `slow` is running; `release` ends it. */
  readonly slow: Promise<void>
  release(): void
  ready: Api['ready']
}

export function fakeApi(
  name: string,
  more: { readonly ready?: Api['ready']; readonly extra?: string } = {},
): FakeApi {
  const schema = buildSchema(`
    type Query { name: String! sum(of: [[Int!]!]!): Int broken: String refused: String slow: String self: Query! ${more.extra ?? ''} }
    type Mutation { bump(by: Int = 1): Int! }
    type Subscription { total: Int! failing: Int! }
  `)
  const bus = new EventEmitter()
  bus.setMaxListeners(0)
  let total = 0
  let listening = 0
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })

  let begin = () => {}
  const slow = new Promise<void>(resolve => {
    begin = resolve
  })

  async function* totals(signal: AbortSignal): AsyncGenerator<{ total: number }> {
    listening++
    bus.emit('listening')
    const events = on(bus, 'bump', { signal })
    try {
      yield { total }
      for await (const _ of events) yield { total }
    } finally {
      listening--
      bus.emit('listening')
    }
  }

  const root = {
    name,
    broken: () => {
      throw new Error('select secret from "users"')
    },
    refused: () => {
      throw new ProblemError([problem('BAD_CURSOR', ['since'], 'The cursor is of another log.')])
    },
    slow: () => {
      begin()
      return released.then(() => 'done')
    },
    self: () => root,
    bump: ({ by }: { by: number }) => {
      total += by
      bus.emit('bump')
      return total
    },
  }
  return {
    schema,
    listening: () => listening,
    until: count =>
      new Promise(resolve => {
        const look = () => {
          if (listening !== count) return
          bus.off('listening', look)
          resolve()
        }
        bus.on('listening', look)
        look()
      }),
    slow,
    release,
    ready: more.ready ?? (async () => true),
    execute: async operation => execute({ schema, rootValue: root, ...operation }),
    subscribe: async ({ signal, ...operation }) => {
      const rootValue = {
        total: () => totals(signal),
        failing: () => {
          throw new Error('relation "movie" does not exist')
        },
      }
      return (await subscribe({ schema, rootValue, ...operation })) as ExecutionResult
    },
  }
}

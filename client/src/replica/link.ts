import type { Json } from '@zg/core/json'
import type { Since } from '@zg/core/ports/feed'
import type { SentBatch } from '@zg/core/ports/replicaWire'
import type { Outcome } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import type { Channel, Receiver } from '@zg/core/sync/channel'
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  clientSession,
  clientStep,
} from '@zg/core/sync/clientSession'
import { frameReader, frameWriter } from '@zg/core/sync/frame'
import { type ClientMessage, MAX_TOLD_FRAME, SYNC_VERSION } from '@zg/core/sync/message'
import { parseServerMessage } from '@zg/core/sync/parse'
import { writeMessage } from '@zg/core/sync/write'

/** What the session needs of its replica. */
export interface Party {
  readonly schema: string
  readonly tenant: string
  readonly window: number
  now(): number
  client(): string
  following(): { readonly shapes: readonly Json[]; readonly since: Since | null }
  /** The mutation as it is to be sent. */
  mutation(n: number): Pick<Extract<ClientMessage, { kind: 'push' }>, 'base' | 'work'>
  apply(batch: SentBatch): void
  settle(n: number, outcome: Outcome): void
  unknown(n: number, problem: Problem): void
  unfit(shape: number, problem: Problem): void
  offset(ms: number): void
  /** Each resolves when that is durable, with the number of the last mutation. */
  restamp(): Promise<void>
  rebase(): Promise<void>
  renew(): Promise<number>
  refused(refusal: Refusal): void
  /** The link is in another state. */
  turned(): void
  /** Must not throw. */
  report(error: unknown): void
}

export type Refusal = Pick<Extract<ClientEffect, { kind: 'refused' }>, 'code' | 'message' | 'retry'>

/** A replica's end of a connection: runs the session machine, on one channel after the other. */
export interface Link {
  readonly state: ClientState['kind']
  /** What it held before is closed. */
  connect(channel: Channel): Receiver
  tell(event: Extract<ClientEvent, { kind: 'queued' | 'reshaped' }>): void
  /** To be called now and then (a second apart, say): finds gateways that have gone silent. */
  tick(): void
  close(): void
}

export function createLink(party: Party, book: { readonly answered: number; readonly last: number }): Link {
  let state = clientSession(book)
  let line: { readonly channel: Channel; readonly write: (message: string) => string } | null = null
  let events: ClientEvent[] = []
  let running = false
  /** A new client id is being made durable: nothing may be said under it before. */
  let renewing: Promise<void> | null = null

  const tell = (event: ClientEvent): void => {
    events.push(event)
    if (running) return
    running = true
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const step = clientStep(state, next)
        const before = state.kind
        state = step.state
        for (const effect of step.effects) perform(effect)
        if (before !== state.kind) party.turned()
      }
    } finally {
      running = false
      events = []
    }
  }
  const send = (message: ClientMessage): void => line?.channel.send(line.write(writeMessage(message)))
  const later = (work: Promise<ClientEvent>): Promise<void> => work.then(tell, party.report)

  const perform = (effect: ClientEffect): void => {
    switch (effect.kind) {
      case 'greet': {
        const { schema, tenant, window } = party
        const { answered } = effect
        send({
          kind: 'hello',
          version: SYNC_VERSION,
          schema,
          tenant,
          client: party.client(),
          answered,
          window,
        })
        break
      }
      case 'follow':
        send({ kind: 'follow', epoch: effect.epoch, ...party.following() })
        break
      case 'push':
        send({ kind: 'push', n: effect.n, attempt: effect.attempt, ...party.mutation(effect.n) })
        break
      case 'send':
        send(effect.message)
        break
      case 'apply':
        party.apply(effect.body)
        break
      case 'settle':
        party.settle(effect.n, effect.outcome)
        break
      case 'unknown':
        party.unknown(effect.n, effect.problem)
        break
      case 'unfit':
        party.unfit(effect.shape, effect.problem)
        break
      case 'offset':
        party.offset(effect.ms)
        break
      case 'restamp':
        void later(party.restamp().then(() => ({ kind: 'restamped' })))
        break
      case 'rebase':
        void later(party.rebase().then(() => ({ kind: 'restamped' })))
        break
      case 'renew':
        renewing = later(party.renew().then(last => ({ kind: 'renewed', last }))).then(() => {
          renewing = null
        })
        break
      case 'refused':
        party.refused(effect)
        break
      case 'close':
        line?.channel.close(effect.code, effect.reason)
        break
    }
  }

  return {
    get state() {
      return state.kind
    },
    connect: channel => {
      line?.channel.close(1000, '')
      const own = { channel, write: frameWriter() }
      line = own
      const open = (): void => {
        if (line === own) tell({ kind: 'opened', now: party.now() })
      }
      if (renewing !== null) void renewing.then(open)
      else open()
      const read = frameReader(MAX_TOLD_FRAME)
      return {
        receive: frame => {
          if (line !== own) return
          const unframed = read(frame)
          const message = unframed.ok ? parseServerMessage(unframed.value) : unframed.problem
          if ('kind' in message) tell({ ...message, now: party.now() })
          else tell({ kind: 'broken', problem: message })
        },
        closed: () => {
          if (line !== own) return
          line = null
          tell({ kind: 'lost' })
        },
      }
    },
    tell,
    tick: () => tell({ kind: 'tick', now: party.now() }),
    close: () => tell({ kind: 'stop' }),
  }
}

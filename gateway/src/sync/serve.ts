import type { Catalog } from '@zg/core/ir/catalog'
import { modelHash } from '@zg/core/ir/hash'
import type { Feed, ReplicaBatch, Shape } from '@zg/core/ports/feed'
import type { SentBatch } from '@zg/core/ports/replicaWire'
import type { Scope } from '@zg/core/ports/scope'
import type { Authority, PushAnswer, Work } from '@zg/core/ports/writer'
import { type Problem, ProblemError } from '@zg/core/problem'
import type { Channel, Receiver } from '@zg/core/sync/channel'
import { frameReader, frameWriter } from '@zg/core/sync/frame'
import { parseClientMessage } from '@zg/core/sync/parse'
import {
  type Answer,
  type ServerEffect,
  type ServerEvent,
  serverSession,
  serverStep,
} from '@zg/core/sync/serverSession'
import { writeMessage } from '@zg/core/sync/write'
import { type Complaint, mistakeOf, once } from './complaints.ts'
import { parseShape } from './shapes.ts'

export interface SyncOptions {
  readonly catalog: Catalog
  readonly writer: Authority
  readonly feed: Feed
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A stranger's mistake. Called once an hour at most for each principal and code. */
  readonly complain?: (complaint: Complaint) => void
  /** A bug: strangers hear no more of it than that the gateway is `UNAVAILABLE`. */
  readonly report: (error: unknown) => void
  /** Characters of batches that may be on their way to one replica without an `ack`. */
  readonly window?: number
}

/** The gateway's end of the sync protocol, for any number of connections over any transport. */
export interface SyncServer {
  /** `scope` comes from whoever proved it, never from the wire. */
  accept(scope: Scope, channel: Channel): Receiver
  /** To be called now and then (a second apart, say): finds replicas that have gone silent. */
  tick(): void
  /** Ends all connections with this reason; replicas connect again. */
  closeAll(code: 'SHUTTING_DOWN' | 'SCHEMA_CHANGED', message: string): void
}

export function serveSync(options: SyncOptions): SyncServer {
  const { now, complain = () => {} } = options
  const schema = modelHash(options.catalog.model)
  const open = new Set<(event: ServerEvent) => void>()
  const complainOnce = once(complain, now)

  return {
    accept: (scope, channel) => {
      const session = serve({ ...options, schema, complain: complainOnce }, scope, channel, () =>
        open.delete(session.tell),
      )
      open.add(session.tell)
      return session
    },
    tick: () => {
      for (const tell of [...open]) tell({ kind: 'tick', now: now() })
    },
    closeAll: (code, message) => {
      for (const tell of [...open]) tell({ kind: 'failed', code, message })
    },
  }
}

interface Serving extends Omit<SyncOptions, 'complain'> {
  readonly schema: string
  complain(complaint: Complaint): void
}

/** What a session follows at the moment. */
interface Following {
  readonly epoch: number
  readonly end: AbortController
  readonly batches: AsyncIterator<ReplicaBatch>
  batch: number
  /** A reset was said: nothing comes behind it. */
  over: boolean
}

function serve(
  { writer, feed, now, complain, report, schema, window = 1_000_000 }: Serving,
  scope: Scope,
  channel: Channel,
  ended: () => void,
): Receiver & { tell(event: ServerEvent): void } {
  const { tenant, principal } = scope
  const write = frameWriter()
  const read = frameReader()
  let state = serverSession({ schema, tenant, window }, now())
  let following: Following | null = null

  const events: ServerEvent[] = []
  let running = false
  // What one event has to do is done before the next one is looked at.
  const tell = (event: ServerEvent): void => {
    events.push(event)
    if (running) return
    running = true
    for (let next = events.shift(); next; next = events.shift()) {
      if (state.kind === 'closed') continue
      const step = serverStep(state, next)
      state = step.state
      for (const effect of step.effects) perform(effect)
      if (step.state.kind === 'closed') ended()
    }
    running = false
  }
  const send = (text: string): void => channel.send(write(text))

  const perform = (effect: ServerEffect): void => {
    switch (effect.kind) {
      case 'send':
        send(writeMessage(effect.message))
        break
      case 'sendText':
        send(effect.text)
        break
      case 'replicate':
        replicate(effect)
        break
      case 'pull':
        void pull(effect.epoch)
        break
      case 'submit':
        void submit(effect)
        break
      case 'complain':
        complain({ by: principal.id, tenant, code: effect.code, message: effect.message })
        break
      case 'stop':
        stop()
        break
      case 'close':
        channel.close(effect.code, effect.reason)
        break
    }
  }
  const stop = (): void => {
    following?.end.abort()
    // What it says when it is called off interests nobody.
    Promise.resolve(following?.batches.return?.()).catch(() => {})
    following = null
  }
  /** What the store says on purpose (it is overloaded, its database is away) is no bug, and comes to every connection. */
  const fail = (error: unknown): void => {
    const [found] = error instanceof ProblemError ? error.problems : []
    if (!found) report(error)
    const message = found?.message ?? 'The gateway cannot answer now; connect again'
    const retry = error instanceof ProblemError ? error.retryAfter : null
    tell({ kind: 'failed', code: 'UNAVAILABLE', message, ...(retry === null ? {} : { retry }) })
  }

  const replicate = ({ epoch, shapes: given, since }: Extract<ServerEffect, { kind: 'replicate' }>): void => {
    stop()
    const shapes: Shape[] = []
    for (const [i, one] of given.entries()) {
      const parsed = parseShape(one)
      if ('code' in parsed) {
        tell({ kind: 'unfit', epoch, shape: i, problem: parsed })
        return
      }
      shapes.push(parsed)
    }
    const end = new AbortController()
    const batches = feed
      .replicate({ scope, shapes, signal: end.signal, ...(since ? { since } : {}) })
      [Symbol.asyncIterator]()
    following = { epoch, end, batches, batch: 0, over: false }
  }

  const pull = async (epoch: number): Promise<void> => {
    const own = following
    if (own?.epoch !== epoch || own.over) return
    try {
      const next = await own.batches.next()
      if (following !== own) return
      // A feed that ends unasked is closing.
      const { value } = next
      if (next.done) tell({ kind: 'failed', code: 'SHUTTING_DOWN', message: 'The gateway is closing' })
      else feedOn(own, value.kind === 'reset' ? { kind: 'reset', reason: value.reason } : value)
    } catch (error) {
      if (following !== own) return
      const [found] = error instanceof ProblemError ? error.problems : []
      const shape = found && shapeOf(found)
      if (found?.code === 'BAD_CURSOR') feedOn(own, { kind: 'reset', reason: found.code })
      else if (found && shape !== null && shape !== undefined)
        tell({ kind: 'unfit', epoch, shape, problem: found })
      else fail(error)
    }
  }
  const feedOn = (own: Following, body: SentBatch): void => {
    const { epoch } = own
    const batch = ++own.batch
    own.over = body.kind === 'reset'
    tell({ kind: 'fed', epoch, batch, text: writeMessage({ kind: 'batch', epoch, batch, body }) })
  }

  const submit = async (effect: Extract<ServerEffect, { kind: 'submit' }>): Promise<void> => {
    const { ticket, client, n, base, work } = effect
    try {
      // The writer checks it to the last member.
      const answer = await writer.push({ scope, client, n, base, work: work as unknown as Work })
      const mistake = mistakeOf(answer)
      if (mistake) complain({ by: principal.id, tenant, code: mistake.code, message: mistake.message })
      tell({ kind: 'answered', ticket, answer: answerOf(answer) })
    } catch (error) {
      fail(error)
    }
  }

  return {
    tell,
    receive: frame => {
      if (state.kind === 'closed') return
      const unframed = read(frame)
      const message = unframed.ok ? parseClientMessage(unframed.value) : unframed.problem
      tell('kind' in message ? { ...message, now: now() } : { kind: 'broken', problem: message })
    },
    closed: () => tell({ kind: 'lost' }),
  }
}

function answerOf(answer: PushAnswer): Answer {
  if (answer.kind === 'verdict') return { kind: 'verdict', outcome: answer.outcome }
  return { kind: 'unjudged', problem: answer.problem, time: answer.time }
}

/** Which shape a problem of the feed is about: its path starts with `shapes`, and the index. */
function shapeOf({ path: [member, index] }: Problem): number | null {
  return member === 'shapes' && index !== undefined ? Number(index) : null
}

import { modelHash } from '@zg/core/ir/hash'
import { memoryStorage } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import type { Authority, Push } from '@zg/core/ports/writer'
import { frameReader, frameWriter } from '@zg/core/sync/frame'
import { inProcess } from '@zg/core/sync/inProcess'
import type { ClientMessage, ServerMessage } from '@zg/core/sync/message'
import { parseServerMessage } from '@zg/core/sync/parse'
import { machine } from '@zg/store/host'
import { openPorts } from '@zg/store/store'
import type { Complaint } from './complaints.ts'
import { type SyncServer, serveSync } from './serve.ts'

/** A gateway's end of the sync protocol over a log in memory. */
export interface Served {
  readonly sync: SyncServer
  readonly complaints: Complaint[]
  /** What stands in a tenant's log, by its keys. */
  keys(tenant: string): readonly string[]
  /** ms that the gateway's clock is ahead of the machine's. */
  later: number
  close(): Promise<void>
}

export function serve(around: (writer: Authority) => Authority = writer => writer): Served {
  const complaints: Complaint[] = []
  const now = (): number => Date.now() + served.later
  const storage = memoryStorage({ catalog: films, log: 'memory', now: machine.now })
  const ports = openPorts({ storage, catalog: films, host: machine, random: machine.random })
  const served: Served = {
    sync: serveSync({
      catalog: films,
      writer: around(ports.writer),
      feed: ports.feed,
      now,
      complain: complaint => complaints.push(complaint),
      report: error => {
        throw error
      },
    }),
    complaints,
    keys: tenant => storage.tenant(tenant).entries.map(({ change }) => change.key),
    later: 0,
    close: () => ports.close(),
  }
  return served
}

/** Somebody who speaks the protocol by hand, as well or as badly as a test wants. */
export interface Line {
  /** In its frame. */
  say(message: ClientMessage): void
  /** As it is. */
  throw(frame: string): void
  /** The next message that is of one of these kinds; others are passed over. Null: the connection has ended without one. */
  next<K extends ServerMessage['kind']>(
    ...kinds: readonly K[]
  ): Promise<Extract<ServerMessage, { kind: K }> | null>
  cut(): void
}

export function lineTo({ sync }: Pick<Served, 'sync'>, scope: Scope): Line {
  const pair = inProcess(queueMicrotask)
  const write = frameWriter()
  const read = frameReader()
  const heard: (ServerMessage | null)[] = []
  let wake = (): void => {}
  const hear = (message: ServerMessage | null): void => {
    heard.push(message)
    wake()
  }
  const receive = (frame: string): void => {
    const unframed = read(frame)
    const message = unframed.ok ? parseServerMessage(unframed.value) : unframed.problem
    if (!('kind' in message)) throw new Error(`The gateway has sent ${frame}`)
    hear(message)
  }
  pair.join({ receive, closed: () => hear(null) }, sync.accept(scope, pair.b))
  return {
    say: message => pair.a.send(write(JSON.stringify(message))),
    throw: frame => pair.a.send(frame),
    next: async <K extends ServerMessage['kind']>(...kinds: readonly K[]) => {
      for (;;) {
        const message = heard.shift()
        if (message === null) return null
        if (message && kinds.includes(message.kind as K))
          return message as Extract<ServerMessage, { kind: K }>
        if (message === undefined) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    },
    cut: pair.cut,
  }
}

export const helloOf = (scope: Scope, client: string, more: object = {}): ClientMessage => ({
  kind: 'hello',
  version: 1,
  schema: modelHash(films.model),
  tenant: scope.tenant,
  client,
  answered: 0,
  window: 100_000,
  ...more,
})

export const sent = ({ n, base, work }: Push, attempt = 1): ClientMessage => ({
  kind: 'push',
  n,
  attempt,
  base,
  work: work as never,
})

/** What became of the oldest push in a word: the verdict's status, or the code of what was wrong with it. */
export async function toldOf(line: Line): Promise<string> {
  const message = await line.next('verdict', 'unjudged', 'refuse')
  if (message?.kind !== 'verdict')
    return (message?.kind === 'refuse' ? message.code : message?.problem.code) ?? 'cut'
  const { status, problems } = message.outcome.verdict
  return problems[0]?.code ?? status
}

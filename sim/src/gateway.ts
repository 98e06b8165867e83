import type { Authority, Catalog, Reader } from '@zg/core'
import { serveSync } from '@zg/gateway'
import { openPorts, type Ports } from '@zg/store'
import type { DeviceClock } from './clock.ts'
import type { Database, Judge } from './database.ts'
import { TICK } from './device.ts'
import type { Told } from './history.ts'
import { createLife, type Life } from './life.ts'
import type { End, Network } from './network.ts'
import { takePicture } from './picture.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Answer, Request, SyncMessage } from './wire.ts'

export interface GatewayOptions {
  readonly name: string
  readonly catalog: Catalog
  readonly scheduler: Scheduler
  readonly network: Network
  readonly database: Database
  readonly clock: DeviceClock
  readonly random: Random
  readonly reader: Reader
  readonly judge: Judge
  readonly record: (moment: Told) => void
  /** Tells the others that a tenant's log has grown. */
  readonly onCommit: (tenant: string, seq: number) => void
}

/** A process with the real writer, feed and folder, which may end at any moment and be started again. */
export interface Gateway {
  readonly name: string
  start(): void
  /** Ends at once: whatever it was about to do is not done. */
  crash(down: number): void
  freeze(ms: number): void
  /** Another gateway's hint. */
  hint(tenant: string, seq: number): void
}

export function createGateway(options: GatewayOptions): Gateway {
  const { name, catalog, scheduler, network, database, clock, reader } = options
  let life: Life | null = null
  let ports: Ports | null = null
  let lives = 0

  const start = (): void => {
    if (life) return
    const own = createLife(scheduler)
    const chance = options.random.fork(`${name}/${++lives}`)
    const { storage, ask } = database.open(own, chance.fork('database'), options.judge)
    const pace = chance.fork('pace')
    const host = {
      now: clock.now,
      sleep: (ms: number, signal?: AbortSignal) => own.sleep(ms, `${name} sleep`, signal),
      breathe: () => own.sleep(pace.between(0, 0.2), `${name} breathe`),
    }
    const opened = openPorts({ storage, catalog, host, random: chance.fork('ids').bytes })
    opened.onCommit((tenant, seq) => !own.over && options.onCommit(tenant, seq))
    life = own
    ports = opened
    const sync = serveSync({
      catalog,
      writer: noting(opened.writer, moment => !own.over && options.record(moment)),
      feed: opened.feed,
      now: clock.now,
      // The database is away; whatever else it is, its replicas will never be content.
      report: () => {},
    })
    const tick = (): void => {
      sync.tick()
      own.after(TICK, `${name} tick`, tick)
    }
    own.after(TICK, `${name} tick`, tick)
    const readers = chance.fork('readers')
    const serve = createService(opened, reader, ask, catalog, () =>
      own.sleep(readers.chance(0.3) ? readers.between(0, 150) : 0, `${name} reader`),
    )
    network.listen(name, end =>
      end.onMessage(message => {
        if (own.over) return
        const request = message as Request
        if (request.kind === 'sync') carry(end, channel => sync.accept(request.scope, channel))
        else serve(end, request)
      }),
    )
  }

  return {
    name,
    start,
    crash: down => {
      if (!life) return
      life.end()
      life = null
      ports = null
      network.listen(name, null)
      scheduler.after(down, `${name} starts`, start)
    },
    freeze: ms => life?.freeze(ms),
    hint: (tenant, seq) => ports?.hint(tenant, seq),
  }
}

type Ask = <T>(read: () => T) => Promise<T>

/** Answers one connection's requests. `taken`: until a reader has taken what was sent, and wants more. */
function createService(
  { writer, feed }: Ports,
  reader: Reader,
  ask: Ask,
  catalog: Catalog,
  taken: () => Promise<void>,
) {
  const follow = async (
    send: Send,
    signal: AbortSignal,
    { scope, shape, since }: Asked<'follow'>,
  ): Promise<void> => {
    for await (const batch of feed.follow({ scope, shape, since, signal })) {
      send({ kind: 'batch', batch })
      await taken()
    }
  }
  /** As resolvers of live queries do: no commit may fall between the read and the wait. */
  const watch = async (send: Send, signal: AbortSignal, { scope, entity }: Asked<'watch'>): Promise<void> => {
    const look = () => ask(() => takePicture(catalog, reader, scope, entity))
    let picture = await look()
    send({ kind: 'result', picture })
    for await (const { position, entities } of feed.touches(scope, picture.position, signal)) {
      if (
        entities.has(entity) &&
        (position.seqs[scope.tenant] ?? 0) > (picture.position.seqs[scope.tenant] ?? 0)
      ) {
        picture = await look()
        send({ kind: 'result', picture })
      }
      send({ kind: 'progress', position })
    }
  }

  return (end: End, request: Exclude<Request, { kind: 'sync' }>): void => {
    const send: Send = answer => end.send(answer)
    const gone = new AbortController()
    const stream = (work: Promise<void>): void => {
      end.onClose(() => gone.abort())
      work.then(end.close, error => {
        send({ kind: 'refused', error: String(error) })
        end.close()
      })
    }
    switch (request.kind) {
      case 'commit': {
        const { call, mutation } = request
        const failed = (error: unknown): void => send({ kind: 'error', call, error: String(error) })
        Promise.resolve(writer.commit(mutation)).then(
          outcome => send({ kind: 'outcome', call, outcome }),
          failed,
        )
        return
      }
      case 'read': {
        const { call, scope } = request
        ask(() => takePicture(catalog, reader, scope)).then(
          picture => send({ kind: 'picture', call, picture }),
          error => send({ kind: 'error', call, error: String(error) }),
        )
        return
      }
      case 'follow':
        stream(follow(send, gone.signal, request))
        return
      case 'watch':
        stream(watch(send, gone.signal, request))
    }
  }
}

/** A connection as a transport of the sync protocol. */
function carry(end: End, accept: (channel: Channel) => Receiver): void {
  const frame = (text: string): SyncMessage => ({ kind: 'frame', text })
  const { receive, closed } = accept({ send: text => end.send(frame(text)), close: end.close })
  end.onMessage(message => receive((message as SyncMessage).text))
  end.onClose(closed)
}

type SyncServer = ReturnType<typeof serveSync>
type Channel = Parameters<SyncServer['accept']>[1]
type Receiver = ReturnType<SyncServer['accept']>

/** Writes down what replicas push, and what they are told. */
function noting(writer: Authority, note: (moment: Told) => void): Authority {
  return {
    ...writer,
    push: async push => {
      const { scope, client, n } = push
      const call = { client: scope.principal.id, tenant: scope.tenant, call: `${client}/${n}` }
      note({ kind: 'pushed', ...call, push })
      const answer = await writer.push(push)
      note({ kind: 'judged', ...call, push, answer })
      return answer
    },
  }
}

type Send = (answer: Answer) => void
type Asked<K extends Request['kind']> = Extract<Request, { kind: K }>

import { openText, readText, reviseText } from '@zg/core/change/text'
import type { Catalog } from '@zg/core/ir/catalog'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import type { Feed, Shape } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import type { Reader } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { ProblemError, problem } from '@zg/core/problem'
import { TRUE } from '@zg/core/query/expression'
import type { Query, Row } from '@zg/core/query/query'
import type { Channel } from '@zg/core/sync/channel'
import { inProcess } from '@zg/core/sync/inProcess'
import type { Complaint } from '@zg/gateway/sync/complaints'
import { type SyncServer, serveSync } from '@zg/gateway/sync/serve'
import { machine } from '@zg/store/host'
import { openPorts } from '@zg/store/store'
import type { Disk } from '../src/replica/disk.ts'
import { type MemoryDisk, memoryDisk } from '../src/replica/memoryDisk.ts'
import { openReplica, type Replica } from '../src/replica/replica.ts'

const catalog = films
export const scope: Scope = { tenant: 'main', principal: ANONYMOUS }

/** All rows of an entity. */
export const all = (entity: string): Shape => ({ entity, where: TRUE })
export const everything: readonly Shape[] = catalog.entities.map(({ name }) => all(name))

/** A gateway whose log is in memory, and whose clock can be set. */
export interface World {
  readonly sync: SyncServer
  readonly reader: Reader
  readonly writer: ReturnType<typeof openPorts>['writer']
  readonly complaints: Complaint[]
  /** Entries in the log. */
  readonly entries: () => number
  /** Verdicts on a replica's mutations. */
  readonly judged: (device: Device) => number
  clock: number
  /** So many pushes are committed, and their answers are lost. */
  fails: number
  close(): Promise<void>
}

export function openWorld(
  model: Catalog = catalog,
  around: (feed: Feed) => Feed = feed => feed,
  log = 'memory',
): World {
  const storage = memoryStorage({ catalog: model, log, now: () => world.clock })
  const complaints: Complaint[] = []
  const world = { clock: 1_700_000_000_000, fails: 0 }
  const host = { ...machine, now: () => world.clock }
  const ports = openPorts({ storage, catalog: model, host, random: machine.random })
  const sync = serveSync({
    catalog: model,
    writer: {
      ...ports.writer,
      push: async push => {
        const answer = await ports.writer.push(push)
        if (world.fails-- <= 0) return answer
        throw new ProblemError([problem('OUTCOME_UNKNOWN', [], 'Not now')])
      },
    },
    feed: around(ports.feed),
    now: () => world.clock,
    complain: complaint => complaints.push(complaint),
    report: error => {
      throw error
    },
  })
  const reader = memoryReader({
    catalog: model,
    log,
    source: projections(model, tenant => storage.tenant(tenant), readText),
  })
  return Object.assign(world, {
    sync,
    reader,
    writer: ports.writer,
    complaints,
    entries: () => storage.tenant(scope.tenant).entries.length,
    judged: (device: Device) => {
      const clients = new Set(device.clients())
      return [...storage.tenant(scope.tenant).verdicts.values()].filter(({ client }) => clients.has(client))
        .length
    },
    close: () => ports.close(),
  })
}

/** A replica on a device of its own. */
export interface Device {
  replica: Replica
  readonly disk: MemoryDisk
  /** Milliseconds that the device's clock is ahead. */
  skew: number
  /** The connection, if there is one. */
  line: { cut(): void } | null
  /** Frames that the replica sends from now on pass through here. */
  readonly sent: string[]
  readonly received: string[]
  /** `deaf`: it reads nothing. */
  connect(world: World, how?: { readonly deaf?: boolean }): void
  /** Under which ids it has said hello. */
  clients(): readonly string[]
  /** The process ends without a word, and starts again from its disk. */
  restart(): Promise<void>
}

export interface DeviceOptions {
  readonly shapes?: readonly Shape[]
  readonly skew?: number
  readonly window?: number
  readonly now: () => number
  readonly model?: Catalog
  readonly disk?: MemoryDisk
  /** Null: texts are not opened. */
  readonly text?: null
}

export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { model = catalog, skew = 0, window, now } = options
  const { shapes = model.entities.map(({ name }) => all(name)) } = options
  const { disk = memoryDisk() } = options
  const errors: unknown[] = []
  let lives = 0
  /** The disk as a process has it until the next one starts: what still goes on in the old one reaches nothing. */
  const own = (): Disk => {
    const life = ++lives
    return {
      ...disk,
      append: (name, text) => void (life === lives && disk.append(name, text)),
      replace: (name, text) => void (life === lives && disk.replace(name, text)),
    }
  }
  const open = () =>
    openReplica({
      catalog: model,
      scope,
      disk: own(),
      now: () => now() + device.skew,
      random: machine.random,
      ...(options.text === null ? {} : { text: { readText, openText, reviseText } }),
      report: error => errors.push(error),
      ...(window === undefined ? {} : { window }),
    })
  const device: Device = {
    replica: undefined as unknown as Replica,
    disk,
    skew,
    line: null,
    sent: [],
    received: [],
    connect: (world, { deaf = false } = {}) => {
      device.line?.cut()
      const pair = inProcess(deliver => setImmediate(deliver))
      const channel: Channel = {
        ...pair.a,
        send: frame => {
          device.sent.push(frame)
          pair.a.send(frame)
        },
      }
      const near = device.replica.connect(channel)
      const far = world.sync.accept(scope, pair.b)
      pair.join(
        {
          receive: frame => {
            device.received.push(frame)
            if (!deaf || frame.includes('welcome')) near.receive(frame)
          },
          closed: () => near.closed(),
        },
        far,
      )
      device.line = pair
    },
    clients: () => {
      const hellos = device.sent.map(frame => JSON.parse(frame.slice(frame.indexOf(' '))))
      return hellos.flatMap(({ kind, client }) => (kind === 'hello' ? [client] : []))
    },
    restart: async () => {
      device.line?.cut()
      device.line = null
      device.replica = await open()
      // A crash may have cost what was not synced, and an app says what it wants each time.
      for (const shape of shapes) device.replica.subscribe(shape)
    },
  }
  device.replica = await open()
  for (const shape of shapes) device.replica.subscribe(shape)
  return device
}

/** Resolves when it holds; rejects when nothing moves any more. */
export function until({ replica }: Device, holds: (replica: Replica) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let idle = 0
    const stop = replica.watch(() => {
      idle = 0
    })
    const turn = (): void => {
      if (holds(replica)) {
        stop()
        resolve()
      } else if (++idle < 50_000) setImmediate(turn)
      else {
        stop()
        reject(new Error(`Nothing moves any more: ${JSON.stringify(replica.status())}`))
      }
    }
    turn()
  })
}

/** Resolves when everything made here has come back, and everything up to the log's head has arrived. */
export const quiet = (device: Device, world: World): Promise<void> =>
  until(device, replica => {
    const { complete, pending, cursor } = replica.status()
    return complete && pending === 0 && (cursor?.seqs[scope.tenant] ?? 0) >= world.entries()
  })

/** All rows of all entities with all they show, and who is related to whom. */
export async function picture(reader: Reader, model: Catalog = catalog): Promise<unknown> {
  const snapshot = reader.open(scope)
  const order: Query['order'] = [{ path: ['id'], direction: 'asc' }]
  const pictures: { [name: string]: readonly Row[] | readonly (readonly string[])[] } = {}
  for (const { name, fields, inverses } of model.entities) {
    const [rows = []] = await snapshot.pages({ entity: name, fields: [...fields.keys()], order })
    pictures[name] = rows
    for (const { name: relation } of inverses.values()) {
      const under = { entity: name, relation, ids: rows.map(({ id }) => id) }
      const target = targetOf(model, name, relation)
      const lists = await snapshot.pages({ entity: target, fields: [], order, under })
      pictures[`${name}.${relation}`] = lists.map(list => list.map(({ id }) => id))
    }
  }
  await snapshot.close()
  return pictures
}

function targetOf(model: Catalog, entity: string, name: string): string {
  const inverse = model.entity(entity).inverses.get(name)
  if (inverse?.kind !== 'edges') return inverse?.from ?? ''
  const { from, to } = model.relation(inverse.relation)
  return inverse.end === 'from' ? to : from
}

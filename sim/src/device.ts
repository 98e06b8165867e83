import { type Disk, type MemoryDisk, memoryDisk, openReplica, type Replica, type Written } from '@zg/client'
import { type Act, type Catalog, openText, readText, reviseText, type Scope } from '@zg/core'
import type { Client } from './client.ts'
import type { DeviceClock } from './clock.ts'
import type { Told } from './history.ts'
import { createLife, type Life } from './life.ts'
import type { End, Network } from './network.ts'
import { takePicture } from './picture.ts'
import type { ClientPlan, ReplicaPlan, Step } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Request, SyncMessage } from './wire.ts'

/** How often (ms) replicas and gateways look whether the other is still there. */
export const TICK = 1_000

export interface DeviceOptions {
  readonly plan: ClientPlan & { readonly replica: ReplicaPlan }
  readonly catalog: Catalog
  readonly gateways: readonly string[]
  readonly clock: DeviceClock
  readonly scheduler: Scheduler
  readonly network: Network
  readonly random: Random
  readonly record: (moment: Told) => void
  /** Called after each thing that its disk was asked to do; may end the device. */
  readonly onWrite: () => void
}

/** Somebody with a real replica on a disk of his own, which outlives the process, and of which a crash tears the end. */
export function createDevice(options: DeviceOptions): Client {
  const { plan, catalog, scheduler, random, record } = options
  const { name, tenant, steps } = plan
  const scope: Scope = { tenant, principal: { id: name, roles: [], claims: {} } }
  const tears = random.fork(`${name} tears`)
  const pace = random.fork(`${name} disk`)
  const disk = memoryDisk(
    () => new Promise(resolve => scheduler.after(pace.between(0.1, 10), `${name} disk`, resolve)),
  )
  let life: Life | null = null
  let replica: Replica | null = null
  let lives = 0
  let next = 0
  let opened = false
  let drawer: readonly number[] = []

  const call = (id: string) => ({ client: name, tenant, call: id })

  const start = (): void => {
    const own = createLife(scheduler)
    const chance = random.fork(`${name}/${++lives}`)
    life = own
    opened = false
    void open(own, chance)
  }

  const open = async (own: Life, chance: Random): Promise<void> => {
    const fresh = await openReplica({
      catalog,
      scope,
      disk: diskOf(own, disk, options.onWrite),
      now: options.clock.now,
      random: chance.fork('ids').bytes,
      text: { readText, openText, reviseText },
      window: plan.replica.window,
      report: error => !own.over && record({ kind: 'refused', ...call(name), error: String(error) }),
    })
    if (own.over) return
    replica = fresh
    opened = true
    for (const shape of plan.replica.shapes) fresh.subscribe(shape)
    fresh.watch(() => !own.over && look(fresh))
    lookInside(fresh)
    connect({ ...options, scope, life: own, chance: chance.fork('line') }, fresh)
    const tick = (): void => {
      fresh.tick()
      own.after(TICK, `${name} tick`, tick)
    }
    own.after(TICK, `${name} tick`, tick)
    for (let step = steps[next]; step; step = steps[next]) {
      await own.sleep(step.after, `${name} step`)
      next++
      await perform(own, fresh, step)
    }
  }

  /** What nobody has dealt with, whenever that is something else. */
  const lookInside = (from: Replica): void => {
    const ids = from.drawer().map(({ id }) => id)
    if (ids.join() === drawer.join()) return
    drawer = ids
    record({ kind: 'drawer', ...call(name), ids })
  }

  /** What it shows, whenever that should be what a gateway has said. */
  const look = (from: Replica): void => {
    lookInside(from)
    const { cursor, complete, pending } = from.status()
    if (!cursor || !complete || pending > 0) return
    const picture = takePicture(catalog, from.reader, scope)
    record({ kind: 'held', ...call(name), picture: { ...picture, position: cursor } })
  }

  const perform = async (own: Life, from: Replica, step: Step): Promise<void> => {
    switch (step.kind) {
      case 'commit': {
        for (const [i, acts] of [step.acts, ...(step.otherwise ?? [])].entries()) {
          const written = from.write({ acts, ...(step.id === null ? {} : { mutationId: `${step.id}/${i}` }) })
          await noted(own, step, { acts, replaces: null }, written)
          if (written.id !== null) break
        }
        return
      }
      case 'offline':
        for (const gateway of options.gateways) options.network.part(name, gateway, step.ms)
        options.network.cut(name)
        return own.sleep(step.ms, `${name} online`)
      case 'restart':
        return crash(step.ms, step.machine ?? false)
      case 'tidy':
        return tidy(own, from, step)
      case 'read':
      case 'follow':
      case 'watch':
        return
    }
  }

  const tidy = async (own: Life, from: Replica, step: Extract<Step, { kind: 'tidy' }>): Promise<void> => {
    const { how } = step
    for (const { id, acts: refused } of from.drawer()) {
      if (how === 'discard') {
        from.discard(id)
        record({ kind: 'discarded', ...call(step.call), id })
        continue
      }
      const acts = how === 'again' ? refused : how.acts
      const written = from.resubmit(id, how === 'again' ? undefined : acts)
      await noted(own, { call: `${step.call}/${id}`, wait: false }, { acts, replaces: id }, written)
    }
  }

  const noted = async (
    own: Life,
    step: Pick<Extract<Step, { kind: 'commit' }>, 'call' | 'wait'>,
    what: { readonly acts: readonly Act[]; readonly replaces: number | null },
    written: Written,
  ): Promise<void> => {
    const { id, outcome } = written
    record({ kind: 'wrote', ...call(step.call), id, outcome, ...what })
    if (id === null) return
    const settled = written.settled.then(
      verdict => !own.over && record({ kind: 'settled', ...call(step.call), id, outcome: verdict }),
    )
    const durable = written.durable.then(
      () => !own.over && record({ kind: 'durable', ...call(step.call), id }),
      () => {},
    )
    if (step.wait) await durable
    void settled
  }

  const crash = (down: number, machine: boolean): void => {
    if (!life) return
    life.end()
    life = null
    replica = null
    options.network.cut(name)
    if (machine) disk.crash(tears.next)
    record({ kind: 'event', what: `${name} ends${machine ? ', and its disk with it' : ''}` })
    scheduler.after(down, `${name} starts`, start)
  }

  return {
    name,
    start,
    crash: down => crash(down, true),
    freeze: ms => life?.freeze(ms),
    finished: heads => {
      if (!replica || !opened || next < steps.length) return false
      const { cursor, complete, pending } = replica.status()
      return complete && pending === 0 && (cursor?.seqs[tenant] ?? 0) >= heads(tenant)
    },
  }
}

/** The disk as one run of the process sees it: when that is over, nothing more is written and nothing comes back. */
function diskOf(life: Life, disk: MemoryDisk, onWrite: () => void): Disk {
  const alive = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(
        value => !life.over && resolve(value),
        error => !life.over && reject(error),
      )
    })
  const asked = (write: () => void): void => {
    if (life.over) return
    write()
    onWrite()
  }
  return {
    list: () => alive(disk.list()),
    read: name => alive(disk.read(name)),
    append: (name, text) => asked(() => disk.append(name, text)),
    replace: (name, text) => asked(() => disk.replace(name, text)),
    sync: () => {
      const done = alive(life.over ? Promise.resolve() : disk.sync())
      asked(() => {})
      return done
    },
  }
}

interface Line extends Pick<DeviceOptions, 'network' | 'gateways'> {
  readonly plan: ClientPlan
  readonly scope: Scope
  readonly life: Life
  readonly chance: Random
}

/** Connects to any gateway, and again whenever the connection breaks. */
function connect(line: Line, replica: Replica): void {
  const { plan, scope, life, chance, network, gateways } = line
  const end: End = network.connect(plan.name, chance.pick(gateways))
  const hello: Request = { kind: 'sync', scope }
  end.send(hello)
  const frame = (text: string): SyncMessage => ({ kind: 'frame', text })
  const { receive, closed } = replica.connect({ send: text => end.send(frame(text)), close: end.close })
  end.onMessage(message => !life.over && receive((message as SyncMessage).text))
  end.onClose(() => {
    if (life.over) return
    closed()
    const retry = replica.status().refusal?.retry ?? 0
    life.after(retry + chance.between(5, 500), `${plan.name} connects again`, () => connect(line, replica))
  })
}

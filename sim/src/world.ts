import { memoryReader, memoryStorage, projections, readText } from '@zg/core'
import { type Client, createClient } from './client.ts'
import { createDeviceClock, type DeviceClock } from './clock.ts'
import { createDatabase, type Judge } from './database.ts'
import { createDevice } from './device.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { History, Moment, Told } from './history.ts'
import { models } from './models.ts'
import { createNetwork } from './network.ts'
import type { Fault, Plan } from './plan.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'

const LOG = 'sim'
/** A history that has not ended by then (ms) never does. */
const LIMIT = 600_000

export type Trace = (at: number, what: string) => void

/** Lets a plan happen. */
export async function happen(plan: Plan, trace?: Trace): Promise<History> {
  const catalog = models[plan.model]
  const scheduler = createScheduler(trace)
  const random = createRandom(plan.seed, 'world')
  const network = createNetwork(scheduler, random.fork('network'))
  const clockOfDatabase = createDeviceClock(scheduler, { name: 'database', skew: 0, drift: 0 })
  const memory = memoryStorage({ catalog, log: LOG, now: clockOfDatabase.now })
  const database = createDatabase(scheduler, memory)
  const source = projections(catalog, tenant => memory.tenant(tenant), readText)
  const reader = memoryReader({ catalog, log: LOG, source })
  const moments: Moment[] = []
  const clocks = new Map<string, DeviceClock>()
  const gateways = new Map<string, Gateway>()
  const steps = new Map<string, number>()
  const clients = new Map<string, Client>()
  let deaf = 0
  let streams = 0

  const record = (moment: Told): void => {
    moments.push({ at: scheduler.now(), ...moment } as Moment)
    trace?.(scheduler.now(), `  ${JSON.stringify(moment)}`)
  }
  const event = (what: string): void => record({ kind: 'event', what })

  const hints = random.fork('hints')
  const tellOthers =
    (from: string) =>
    (tenant: string, seq: number): void => {
      for (const [name, gateway] of gateways) {
        if (name === from || scheduler.now() < deaf || hints.chance(0.1)) continue
        scheduler.after(hints.between(0.2, 20), `${name} hint`, () => gateway.hint(tenant, seq))
      }
    }

  for (const device of plan.gateways) {
    const { name } = device
    const clock = createDeviceClock(scheduler, device)
    const judge = judgeOf(plan.faults, name, event, {
      count: () => {
        const count = (steps.get(name) ?? 0) + 1
        steps.set(name, count)
        return count
      },
      crash: down => gateways.get(name)?.crash(down),
    })
    clocks.set(name, clock)
    const onCommit = tellOthers(name)
    const parts = {
      name,
      catalog,
      scheduler,
      network,
      database,
      clock,
      random,
      reader,
      judge,
      onCommit,
      record,
    }
    gateways.set(name, createGateway(parts))
  }
  for (const client of plan.clients) {
    const { name } = client
    const clock = createDeviceClock(scheduler, client)
    clocks.set(name, clock)
    const doubled = new Set(
      plan.faults.flatMap(fault => (fault.kind === 'double' && fault.node === name ? [fault.message] : [])),
    )
    const parts = {
      plan: client,
      log: LOG,
      scheduler,
      network,
      random,
      record,
      doubled,
      number: () => streams++,
    }
    const names = [...gateways.keys()]
    const { replica } = client
    const own = replica
      ? createDevice({
          ...parts,
          plan: { ...client, replica },
          catalog,
          clock,
          gateways: names,
          onWrite: crashesOf(plan.faults, name, down => clients.get(name)?.crash(down)),
        })
      : createClient({ ...parts, gateways: names })
    clients.set(name, own)
    watchCuts(plan.faults, name, network, event)
  }
  for (const fault of plan.faults) {
    if (!('at' in fault)) continue
    scheduler.after(fault.at, `fault ${fault.kind}`, () => {
      event(JSON.stringify(fault))
      if (fault.kind === 'restart') database.restart()
      if (fault.kind === 'clock') clocks.get(fault.node)?.step(fault.by)
      if (fault.kind === 'part') network.part(fault.node, fault.from, fault.ms)
      if (fault.kind === 'deaf') deaf = scheduler.now() + fault.ms
      if (fault.kind === 'freeze') (gateways.get(fault.node) ?? clients.get(fault.node))?.freeze(fault.ms)
    })
  }

  for (const gateway of gateways.values()) gateway.start()
  for (const client of clients.values()) client.start()
  const heads = (tenant: string): number => memory.tenant(tenant).head.seq
  const everybody = [...clients.values()]
  const finished = await scheduler.run(() => everybody.every(client => client.finished(heads)), LIMIT)
  const names = [...new Set(plan.clients.map(({ tenant }) => tenant))]
  const tenants = new Map(names.map(name => [name, memory.tenant(name)]))
  return { plan, catalog, log: LOG, tenants, moments, finished, steps }
}

/** Counts what a gateway does with its database, and lets happen what the plan says of it. */
function judgeOf(
  faults: readonly Fault[],
  node: string,
  event: (what: string) => void,
  { count, crash }: { readonly count: () => number; readonly crash: (down: number) => void },
): Judge {
  const byStep = new Map(
    faults.flatMap(fault => ('step' in fault && fault.node === node ? [[fault.step, fault] as const] : [])),
  )
  return what => {
    const fault = byStep.get(count())
    if (!fault) return 'pass'
    event(`${JSON.stringify(fault)} at ${what}`)
    if (fault.kind !== 'crash') return fault.kind
    crash(fault.down)
    return 'lose'
  }
}

/** Counts what a device asks of its disk, and ends it where the plan says so. */
function crashesOf(faults: readonly Fault[], node: string, crash: (down: number) => void): () => void {
  const byStep = new Map(
    faults.flatMap(fault =>
      fault.kind === 'crash' && fault.node === node ? [[fault.step, fault.down]] : [],
    ),
  )
  let count = 0
  return () => {
    const down = byStep.get(++count)
    if (down !== undefined) crash(down)
  }
}

function watchCuts(
  faults: readonly Fault[],
  node: string,
  network: ReturnType<typeof createNetwork>,
  event: (what: string) => void,
): void {
  const cuts = new Set(
    faults.flatMap(fault => (fault.kind === 'cut' && fault.node === node ? [fault.message] : [])),
  )
  let count = 0
  if (cuts.size === 0) return
  network.watch(node, () => {
    if (!cuts.has(++count)) return 'pass'
    event(`${node}'s connection is cut at message ${count}`)
    return 'cut'
  })
}

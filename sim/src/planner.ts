import type { Catalog, EntityView, Expression, Json, Shape } from '@zg/core'
import { drawActs, drawBeginning, drawHot, farEnd, idsOf } from './intent.ts'
import { type ModelName, models } from './models.ts'
import type { ClientPlan, Device, Fault, Plan, ReplicaPlan, Step } from './plan.ts'
import { createRandom, type Random } from './random.ts'

const YEAR = 365 * 24 * 60 * 60 * 1_000

/** The history that a seed stands for. */
export function planOf(seed: number): Plan {
  const random = createRandom(seed)
  const model = random.pick(Object.keys(models) as ModelName[])
  const catalog = models[model]
  const shape = random.fork('shape')
  const skewed = shape.chance(0.3)
  const gateways = ['g1', 'g2']
    .slice(0, shape.chance(0.6) ? 2 : 1)
    .map(name => drawDevice(name, random.fork(name), skewed))
  const tenants = shape.chance(0.25) ? ['t1', 't2'] : ['t1']
  const count = tenants.length + shape.below(3)
  const clients = Array.from({ length: count }, (_, i) => {
    const name = `c${i + 1}`
    const tenant = tenants[i % tenants.length] ?? ''
    return drawClient(
      catalog,
      { ...drawDevice(name, random.fork(name), skewed), tenant },
      i < tenants.length,
      random,
    )
  })
  const nodes = { gateways: gateways.map(({ name }) => name), clients: clients.map(({ name }) => name) }
  const faults = shape.chance(0.1) ? [] : drawFaults(nodes, random.fork('faults'))
  return { seed, model, gateways, clients, faults }
}

function drawDevice(name: string, random: Random, skewed: boolean): Device {
  if (!skewed) return { name, skew: 0, drift: 0 }
  // Without + 0 a little less than nothing is -0, which JSON does not keep.
  const skew =
    Math.round(random.pick([random.between(-1, 1) * YEAR, random.between(-200, 200), -YEAR, YEAR])) + 0
  return { name, skew, drift: random.chance(0.5) ? 0 : random.between(-0.02, 0.02) }
}

function drawClient(
  catalog: Catalog,
  device: Device & { readonly tenant: string },
  first: boolean,
  random: Random,
): ClientPlan {
  const { name } = device
  const chance = random.fork(`${name} steps`)
  const heat = random.fork('hot').chance(0.25) ? random.fork(`${name} hot`) : null
  const replica = random.fork(`${name} replica`)
  const calls = counter(name)
  const begin: Step[] = first
    ? [commit(0, calls(), drawBeginning(catalog, chance), { id: true, wait: true, again: 0 })]
    : []
  const steps = Array.from({ length: 3 + chance.below(9) }, () =>
    hotter(catalog, drawStep(catalog, calls, chance), heat),
  )
  if (first || replica.chance(0.4)) return { ...device, steps: [...begin, ...steps] }
  return {
    ...device,
    steps: steps.map(step => atReplica(catalog, step, replica)),
    replica: drawReplica(catalog, replica),
  }
}

/** In some histories most of what happens happens to one row: whoever goes through the log meets it again and again. */
function hotter(catalog: Catalog, step: Step, heat: Random | null): Step {
  if (step.kind !== 'commit' || !heat?.chance(0.6)) return step
  return { ...step, acts: [drawHot(catalog, heat)] }
}

/** What somebody with a replica does instead: it reads and follows all by itself. */
function atReplica(catalog: Catalog, step: Step, random: Random): Step {
  if (step.kind === 'read' || step.kind === 'follow' || step.kind === 'watch') {
    const luck = random.next()
    const how = luck < 0.4 ? 'again' : luck < 0.8 ? { acts: drawActs(catalog, random) } : 'discard'
    return { after: step.after, kind: 'tidy', call: step.call, how }
  }
  if (step.kind === 'restart') return { ...step, machine: random.chance(0.5) }
  if (step.kind !== 'commit') return step
  return { ...step, otherwise: Array.from({ length: 4 }, () => drawActs(catalog, random)) }
}

function drawReplica(catalog: Catalog, random: Random): ReplicaPlan {
  const window = random.chance(0.3) ? 200 + random.below(2_000) : 1_000_000
  const all = catalog.entities.map(({ name }): Shape => ({ entity: name, where: { kind: 'and', of: [] } }))
  const luck = random.next()
  if (luck < 0.4) return { shapes: all, window }
  const some = Array.from({ length: 3 }, () => drawShape(catalog, random, true))
  // What other shapes hold anyway cannot show that one let it go.
  return { shapes: luck < 0.6 ? [...random.some(all, 0.6), ...some] : some, window }
}

function counter(name: string): () => string {
  let count = 0
  return () => `${name}.${++count}`
}

type Manner = { readonly id: boolean; readonly wait: boolean; readonly again: number }

function commit(
  after: number,
  call: string,
  acts: Extract<Step, { kind: 'commit' }>['acts'],
  manner: Manner,
): Extract<Step, { kind: 'commit' }> {
  return {
    after,
    kind: 'commit',
    call,
    id: manner.id ? call : null,
    acts,
    wait: manner.wait,
    again: manner.again,
  }
}

function drawStep(catalog: Catalog, calls: () => string, random: Random): Step {
  const pause = random.next()
  const after = Math.round(pause < 0.15 ? random.between(0, 1_500) : pause < 0.5 ? 0 : random.between(0, 40))
  const luck = random.next()
  if (luck < 0.66) {
    const manner = {
      id: random.chance(0.85),
      wait: random.chance(0.6),
      again: random.chance(0.2) ? 1 + random.below(4) : 0,
    }
    const own = commit(after, calls(), drawActs(catalog, random), manner)
    // By mistake, under an id that was used before.
    const used =
      own.kind === 'commit' && own.id !== null && random.chance(0.06) ? earlier(own.id, random) : null
    return used === null ? own : { ...own, id: used }
  }
  if (luck < 0.76) return { after, kind: 'read', call: calls() }
  if (luck < 0.86) {
    return {
      after,
      kind: 'follow',
      call: calls(),
      // Who follows across relations from an older position may be told to begin anew; replicas do.
      shape: drawShape(catalog, random, false),
      from: random.chance(0.5) ? 'start' : 'read',
    }
  }
  if (luck < 0.9) return { after, kind: 'watch', call: calls(), entity: random.pick(catalog.entities).name }
  const ms = Math.round(random.between(5, 1_500))
  return luck < 0.95 ? { after, kind: 'offline', ms } : { after, kind: 'restart', ms }
}

/** The id of another call of the same client, made before or not. */
function earlier(call: string, random: Random): string {
  const [client = '', count] = call.split('.')
  return `${client}.${1 + random.below(Number(count))}`
}

/** Of all rows, of some by their own fields, or (`far`) by what they are related to. */
function drawShape(catalog: Catalog, random: Random, far: boolean): Shape {
  const view = random.pick(catalog.entities)
  const entity = view.name
  if (random.chance(far ? 0.15 : 0.4)) return { entity, where: { kind: 'and', of: [] } }
  const one = (): Expression =>
    (far && random.chance(0.8) && across(catalog, view, random)) || own(catalog, view, random)
  if (random.chance(0.3)) return { entity, where: { kind: 'or', of: [one(), one()] } }
  return { entity, where: one() }
}

function own(catalog: Catalog, view: EntityView, random: Random): Expression {
  const tests = comparable(catalog, view)
  return tests.length ? compared(random.pick(tests), random) : { kind: 'and', of: [] }
}

type Comparable = readonly [path: readonly string[], values: readonly Json[]]

function compared([path, values]: Comparable, random: Random): Expression {
  const left = { kind: 'path', path } as const
  if (random.chance(0.1)) return { kind: 'isNotNull', left }
  return {
    kind: random.pick(['eq', 'ne', 'eq']),
    left,
    right: { kind: 'value', value: random.pick(values) },
  }
}

/** Null where the entity has no relations. */
function across(catalog: Catalog, { ir, name }: EntityView, random: Random): Expression | null {
  const ones = ir.fields.flatMap(({ name: via, type }): readonly Comparable[] =>
    type.kind === 'ref'
      ? comparable(catalog, catalog.entity(type.to)).map(([path, values]) => [[via, ...path], values])
      : [],
  )
  const many = [...catalog.entity(name).inverses.values()]
  if (ones.length && (many.length === 0 || random.chance(0.35))) return compared(random.pick(ones), random)
  if (many.length === 0) return null
  const inverse = random.pick(many)
  const where = own(catalog, catalog.entity(farEnd(catalog, inverse)), random)
  return { kind: random.pick(['some', 'none']), path: [inverse.name], where }
}

/** Own fields and to-one ids with a few values. */
function comparable(catalog: Catalog, entity: EntityView): readonly Comparable[] {
  return entity.ir.fields.flatMap(({ name, crdt, type }): readonly Comparable[] => {
    if (crdt !== 'register') return []
    if (type.kind === 'ref') return [[[name], idsOf(catalog.entity(type.to))]]
    if (type.kind !== 'scalar') return []
    if (type.scalar === 'int') return [[[name], [0, 1, 2, 3]]]
    if (type.scalar === 'boolean') return [[[name], [true, false]]]
    return [[[name], [`${entity.name.toLowerCase()} one`, `${entity.name.toLowerCase()} two`]]]
  })
}

function drawFaults(
  nodes: { readonly gateways: readonly string[]; readonly clients: readonly string[] },
  random: Random,
): readonly Fault[] {
  const any = [...nodes.gateways, ...nodes.clients]
  const at = (): number => Math.round(random.between(0, 3_000))
  const ms = (): number =>
    Math.round(random.chance(0.8) ? random.between(1, 300) : random.between(300, 8_000))
  const step = (): number => 1 + random.below(random.chance(0.5) ? 30 : 150)
  const drawFault = (): Fault => {
    const gateway = random.pick(nodes.gateways)
    const client = random.pick(nodes.clients)
    const luck = random.next()
    if (luck < 0.12) return { kind: 'crash', node: gateway, step: step(), down: ms() }
    // Of somebody without a replica nothing comes of it.
    if (luck < 0.24) return { kind: 'crash', node: client, step: 1 + random.below(25), down: ms() }
    if (luck < 0.36) return { kind: random.chance(0.5) ? 'refuse' : 'lose', node: gateway, step: step() }
    if (luck < 0.54) return { kind: 'cut', node: client, message: 1 + random.below(40) }
    if (luck < 0.64) return { kind: 'double', node: client, message: 1 + random.below(20) }
    if (luck < 0.72) return { kind: 'freeze', node: random.pick(any), at: at(), ms: ms() }
    if (luck < 0.82) return { kind: 'part', node: client, from: gateway, at: at(), ms: ms() }
    if (luck < 0.9)
      return { kind: 'clock', node: random.pick(any), at: at(), by: Math.round(random.between(-1e5, 1e5)) }
    if (luck < 0.95) return { kind: 'restart', at: at() }
    return { kind: 'deaf', at: at(), ms: 10 * ms() }
  }
  return Array.from({ length: 1 + random.below(6) }, drawFault)
}

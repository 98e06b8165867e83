import type { Act, Catalog, EntityView, FieldAct, FieldIR, InverseIR, Json } from '@zg/core'
import { allKeys } from './keys.ts'
import type { Random } from './random.ts'

/** Rows per entity: so few that clients meet. */
const ROWS = 4

/** A random mutation, mostly one that makes sense. */
export function drawActs(catalog: Catalog, random: Random): readonly Act[] {
  if (random.chance(0.03)) return [unfit(catalog, random)]
  if (random.chance(0.15)) {
    const others = random.chance(0.3) ? [drawAct(catalog, random)] : []
    const upsert = drawUpsert(catalog, random)
    return random.chance(0.5) ? [...others, ...upsert] : [...upsert, ...others]
  }
  const count = random.chance(0.7) ? 1 : 1 + random.below(3)
  const acts = Array.from({ length: count }, () => drawAct(catalog, random))
  return acts.flatMap(act =>
    act.kind === 'update' && random.chance(0.2) ? [act, drawAfter(catalog, act, random)] : [act],
  )
}

/** The same row again: what a chunk of the log did to it takes more than one step to undo. */
function drawAfter(catalog: Catalog, { entity, id }: Act, random: Random): Act {
  return { kind: 'update', entity, id, fields: drawSome(catalog, catalog.entity(entity), random) }
}

/** Of the first row that there is. */
export function drawHot(catalog: Catalog, random: Random): Act {
  const entity = catalog.entities[0] as EntityView
  const [id = ''] = idsOf(entity)
  return { kind: 'update', entity: entity.name, id, fields: drawSome(catalog, entity, random) }
}

/** One row of each entity and more, so that what follows finds something: owners before what they own. */
export function drawBeginning(catalog: Catalog, random: Random): readonly Act[] {
  const made = new Set<string>()
  const acts: Act[] = []
  for (let round = 0; round < 3; round++) {
    for (const entity of catalog.entities) {
      for (const id of random.some(idsOf(entity), 0.6)) {
        if (made.has(id)) continue
        const fields = { ...required(entity, random), ...spelt(entity, id) }
        const known = Object.values(fields).every(
          act => act.kind !== 'set' || isKnown(catalog, act.value, made),
        )
        if (!known) continue
        made.add(id)
        acts.push({
          kind: 'create',
          entity: entity.name,
          id,
          fields: { ...distinctKeys(entity, fields, id) },
        })
      }
    }
  }
  return acts
}

export function idsOf({ ir }: EntityView): readonly string[] {
  return Array.from({ length: ROWS }, (_, i) => `${ir.prefix}_${'abcd'[i]}`)
}

function isKnown(catalog: Catalog, value: Json, made: ReadonlySet<string>): boolean {
  const ids = catalog.entities.flatMap(idsOf)
  return typeof value !== 'string' || !ids.includes(value) || made.has(value)
}

type Fields = { readonly [name: string]: FieldAct }

/** The beginning must not fail for two rows that want one value. */
function distinctKeys({ ir }: EntityView, fields: Fields, id: string): Fields {
  const own: { [name: string]: FieldAct } = { ...fields }
  for (const { on, unique } of ir.indexes) {
    const [name = ''] = on
    if (unique && on.length === 1 && own[name])
      own[name] = { kind: 'set', value: id.charCodeAt(id.length - 1) }
  }
  return own
}

function drawAct(catalog: Catalog, random: Random): Act {
  const entity = random.pick(catalog.entities)
  const id = random.pick(idsOf(entity))
  const luck = random.next()
  if (luck < 0.1) return { kind: 'delete', entity: entity.name, id }
  if (luck < 0.4) {
    return { kind: 'create', entity: entity.name, id, fields: drawWhole(catalog, entity, id, random) }
  }
  const fields = luck < 0.5 ? drawMove(entity, random) : drawSome(catalog, entity, random)
  return { kind: 'update', entity: entity.name, id, fields }
}

function drawWhole(catalog: Catalog, entity: EntityView, id: string, random: Random): Fields {
  return { ...some(catalog, entity, random, 0.3), ...required(entity, random), ...spelt(entity, id) }
}

/** To another owner, and nothing else. */
function drawMove(entity: EntityView, random: Random): Fields {
  const owners = entity.ir.fields.filter(({ type }) => type.kind === 'ref')
  return Object.fromEntries(
    random.some(owners, 0.5).map(field => [field.name, drawField(entity, field, random)]),
  )
}

function drawSome(catalog: Catalog, entity: EntityView, random: Random): Fields {
  const once = new Set(entity.ir.fields.filter(field => field.once).map(({ name }) => name))
  const fields = Object.entries(some(catalog, entity, random, 0.4)).filter(([name]) => !once.has(name))
  return Object.fromEntries(fields)
}

/** What an id that is made of a natural key says. */
function spelt({ ir }: EntityView, id: string): Fields {
  const value = id.slice(ir.prefix.length + 1)
  return Object.fromEntries(ir.key.map(name => [name, { kind: 'set', value }]))
}

/** As GraphQL makes it: the row that holds the key is changed; where there is none, one is made, under an id that somebody may have. */
function drawUpsert(catalog: Catalog, random: Random): readonly Act[] {
  const entity = random.pick(catalog.entities.filter(one => allKeys(one).length > 0))
  const { name } = entity
  const id = random.pick(idsOf(entity))
  const { on, natural } = random.pick(allKeys(entity))
  const said: Fields = natural ? spelt(entity, id) : drawKey(entity, on, random)
  const key = Object.fromEntries(
    Object.entries(said).map(([field, act]) => [field, act.kind === 'set' ? act.value : null]),
  )
  const given = { entity: name, key, id }
  const fields = { ...drawWhole(catalog, entity, id, random), ...said }
  const create: Act = { kind: 'create', entity: name, id, fields, given: { ...given, there: false } }
  if (random.chance(0.15)) return [create]
  const changed = drawSome(catalog, entity, random)
  return [create, { kind: 'update', entity: name, id, fields: changed, given: { ...given, there: true } }]
}

function drawKey(entity: EntityView, on: readonly string[], random: Random): Fields {
  return Object.fromEntries(
    on.flatMap(name => {
      const field = entity.fields.get(name)
      return field
        ? [[name, { kind: 'set', value: drawValue(entity, { ...field, optional: false }, random) } as const]]
        : []
    }),
  )
}

/** Of a type that its field does not have. */
function unfit(catalog: Catalog, random: Random): Act {
  const entity = random.pick(catalog.entities)
  const field = random.pick(entity.ir.fields.filter(({ once }) => !once))
  const fields: Fields = { [field.name]: { kind: 'set', value: { of: 'no kind' } } }
  return { kind: 'update', entity: entity.name, id: random.pick(idsOf(entity)), fields }
}

function required(entity: EntityView, random: Random): Fields {
  const needed = entity.ir.fields.filter(
    field => field.crdt === 'register' && !field.optional && field.default === undefined,
  )
  return Object.fromEntries(needed.map(field => [field.name, drawField(entity, field, random)]))
}

function some(catalog: Catalog, entity: EntityView, random: Random, probability: number): Fields {
  const own = random
    .some(entity.ir.fields, probability)
    .map(field => [field.name, drawField(entity, field, random)] as const)
  const links = random.some(entity.ir.inverses, probability / 2).flatMap(inverse => {
    if (inverse.kind === 'single') return []
    const other = catalog.entity(farEnd(catalog, inverse))
    return [[inverse.name, drawAlter(idsOf(other), random)] as const]
  })
  return Object.fromEntries([...own, ...links])
}

/** The entity at the other end. */
export function farEnd(catalog: Catalog, inverse: InverseIR): string {
  if (inverse.kind !== 'edges') return inverse.from
  const { from, to } = catalog.relation(inverse.relation)
  return inverse.end === 'from' ? to : from
}

function drawField(entity: EntityView, field: FieldIR, random: Random): FieldAct {
  switch (field.crdt) {
    case 'counter':
      return { kind: 'increment', by: random.pick(['1', '2', '-1', '10', '9007199254740993']) }
    case 'set':
      return drawAlter(isInt(field) ? [1, 2, 3] : ['x', 'y', 'z'], random)
    case 'json':
      return drawAssignment(random)
    case 'text':
      return { kind: 'replace', value: drawText(random), base: null }
    case 'register':
      return { kind: 'set', value: drawValue(entity, field, random) }
  }
}

const PLACES = ['', '/a', '/a/x', '/a/y', '/b']

function drawAssignment(random: Random): FieldAct {
  const path = random.pick(PLACES)
  if (path !== '' && random.chance(0.3)) return { kind: 'assign', set: [], remove: [path] }
  const value = path === '' || random.chance(0.3) ? { x: random.below(3) } : random.below(3)
  return { kind: 'assign', set: [{ path, value }], remove: [] }
}

function drawAlter(pool: readonly Json[], random: Random): FieldAct {
  const add = random.chance(0.7) ? random.some(pool, 0.4) : []
  return { kind: 'alter', add, remove: random.chance(0.5) ? random.some(pool, 0.4) : [] }
}

function drawValue(entity: EntityView, field: FieldIR, random: Random): Json {
  const { type, optional } = field
  if (optional && random.chance(0.2)) return null
  if (type.kind === 'ref') return `${type.to.toLowerCase()}_${random.pick(['a', 'b', 'c', 'd'])}`
  if (type.kind === 'scalar' && type.scalar === 'boolean') return random.chance(0.5)
  if (isInt(field)) return random.below(4)
  return `${entity.name.toLowerCase()} ${random.pick(['one', 'two', 'three', 'Ω'])}`
}

function isInt({ type }: FieldIR): boolean {
  return type.kind === 'scalar' && type.scalar === 'int'
}

const WORDS = ['the', 'quick', 'brown', 'fox', '🦊', 'jumps', 'over']

function drawText(random: Random): string {
  return random.some(WORDS, 0.5).join(' ')
}

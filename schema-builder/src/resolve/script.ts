import type { Act, FieldAct, FieldActs } from '@zg/core/act/act'
import { authored } from '@zg/core/act/authored'
import { keyValues } from '@zg/core/act/check'
import { keyId, randomId } from '@zg/core/change/id'
import type { EntityView } from '@zg/core/ir/catalog'
import type { InverseIR } from '@zg/core/ir/ir'
import { referredEntities } from '@zg/core/ir/refer'
import { canonical, type Json } from '@zg/core/json'
import { type Problem, problem } from '@zg/core/problem'
import { normalForm } from '@zg/core/query/normal'
import { targetOf } from '@zg/core/query/path'
import type { Services } from '../execute/services.ts'
import { fieldAct, type Input } from './input.ts'
import { type InputMember, membersOf } from './members.ts'

/** Creates within creates nest at most this deep. */
const DEPTH_LIMIT = 10

/** One mutation being written down: its acts in the order they are done, and where each stands in the arguments. */
export interface Script {
  readonly acts: readonly Act[]
  /** By act. */
  readonly places: readonly Place[]
  /** What keeps it from being sent at all. */
  readonly problem: Problem | null
  /** Each answers the index of its own act, around which those of nested creates stand. */
  create(entity: string, input: Input, at: readonly string[]): number
  update(entity: string, id: string, input: Input, place: Pick<Place, 'at' | 'id'>): number
  remove(entity: string, id: string, at: readonly string[], force: boolean): number
  /** The row that holds the key is updated, or else created, by the same mutation; answers the act that tells its id. */
  upsert(entity: string, key: Key, create: Input, update: Input | null): number
}

/** Values of a unique or natural key, by field. */
export type Key = { readonly [field: string]: Json }

export interface Place {
  /** The members of the act. */
  readonly at: readonly string[]
  /** Its id. */
  readonly id: readonly string[]
  /** To-one fields that the input fills by creating, and the way back to what it is created for. */
  readonly made: ReadonlySet<string>
}

interface Members {
  readonly fields: FieldActs
  readonly made: Set<string>
  /** Rows that refer to this one: they can be created once its id is known. */
  readonly after: readonly ((id: string) => void)[]
}

export function createScript(services: Services): Script {
  const { catalog, names, host, defaults = {} } = services
  const acts: Act[] = []
  const places: Place[] = []
  let wrong: Problem | null = null

  const push = (act: Act, place: Place): number => {
    acts.push(act)
    places.push(place)
    return acts.length - 1
  }

  const refuse = (code: string, at: readonly string[], message: string): void => {
    wrong ??= problem(code, at, message)
  }

  /** To-one and many-to-many creations are written down at once, before the row that refers to them. */
  const membersFrom = (entity: EntityView, input: Input, at: readonly string[], depth: number): Members => {
    const own = names.entities[entity.name]
    if (!own) throw new Error(`No names for entity ${entity.name}`)
    const { inputs } = membersOf(entity, own)
    const fields: Record<string, FieldAct> = {}
    const made = new Set<string>()
    const after: ((id: string) => void)[] = []
    for (const [name, value] of Object.entries(input)) {
      const member = inputs.get(name)
      if (!member) throw new Error(`${entity.name} has no input ${name}`)
      const path = [...at, name]
      if (member.does === 'link') fields[member.name] = linked(entity, member, value, path, depth, made)
      else if (member.does === 'relate') related(entity, member, value, path, depth, fields, after)
      else {
        const act = fieldAct(member.does, value, fields[member.name])
        if (act) fields[member.name] = act
      }
    }
    return { fields, made, after }
  }

  const linked = (
    entity: EntityView,
    { name }: InputMember,
    value: unknown,
    path: readonly string[],
    depth: number,
    made: Set<string>,
  ): FieldAct => {
    const link = value as Connect | Creation | null
    if (link === null) return { kind: 'set', value: null }
    if ('connect' in link) return { kind: 'set', value: (link as Connect).connect }
    const type = entity.fields.get(name)?.type
    // `create`, or of a polymorphic relation `createCustomer` and the like.
    const [how = '', creation] = Object.entries(link as Creation)[0] ?? []
    const to = (type ? referredEntities(type) : []).find(
      one => type?.kind === 'ref' || names.entities[one]?.create === how,
    )
    if (to === undefined || !creation) throw new Error(`${entity.name}.${name} leads nowhere by ${how}`)
    made.add(name)
    return { kind: 'set', value: idOf(create(to, creation, [...path, how], depth + 1)) }
  }

  const related = (
    entity: EntityView,
    { name }: InputMember,
    value: unknown,
    path: readonly string[],
    depth: number,
    fields: Record<string, FieldAct>,
    after: ((id: string) => void)[],
  ): void => {
    const inverse = entity.inverses.get(name)
    if (!inverse) throw new Error(`${entity.name} has no relation ${name}`)
    const createBack = (
      { from, via }: Exclude<InverseIR, { kind: 'edges' }>,
      link: Exclude<Link, Connect>,
      at: readonly string[],
    ): void => {
      after.push(id => {
        create(from, link.create, at, depth + 1, { [via]: { kind: 'set', value: id } })
      })
    }
    if (inverse.kind === 'single') {
      const link = value as Link | null
      if (link && 'create' in link) createBack(inverse, link, [...path, 'create'])
      else fields[name] = { kind: 'set', value: link?.connect ?? null }
      return
    }
    const ids: string[] = []
    for (const [i, link] of ((value ?? []) as readonly Link[]).entries()) {
      const at = [...path, String(i), 'create']
      if ('connect' in link) ids.push(link.connect)
      else if (inverse.kind === 'many') createBack(inverse, link, at)
      else ids.push(idOf(create(targetOf(catalog, inverse), link.create, at, depth + 1)))
    }
    const act = fieldAct('add', ids, fields[name])
    if (act && ids.length) fields[name] = act
  }

  const idOf = (index: number): string => acts[index]?.id ?? ''

  const create = (
    name: string,
    input: Input,
    at: readonly string[],
    depth: number,
    known: FieldActs = {},
  ): number => {
    if (depth > DEPTH_LIMIT) {
      refuse(
        'TOO_DEEP',
        at,
        `Creations nest ${DEPTH_LIMIT} deep at most; make the rest a mutation of its own`,
      )
      return -1
    }
    const entity = catalog.entity(name)
    const { fields: said, made, after } = membersFrom(entity, input, at, depth)
    const fields = { ...known, ...said }
    const { key, prefix } = entity.ir
    const act: Act = key.length
      ? { kind: 'create', entity: name, id: keyId(prefix, keyValues(entity, fields)), fields }
      : { kind: 'create', entity: name, id: newId(prefix), generated: true, fields }
    const ways = Object.keys(known).filter(field => !Object.hasOwn(said, field))
    const index = push(authored(entity, defaults, act), { at, id: at, made: new Set([...made, ...ways]) })
    for (const make of after) make(act.id)
    return index
  }

  const newId = (prefix: string): string => randomId(prefix, host.now(), bytes => host.random(bytes))

  const update = (name: string, id: string, input: Input, place: Pick<Place, 'at' | 'id'>): number => {
    const { fields, made, after } = membersFrom(catalog.entity(name), input, place.at, 0)
    const index = push({ kind: 'update', entity: name, id, fields }, { ...place, made })
    for (const make of after) make(id)
    return index
  }

  const upsert = (name: string, key: Key, creation: Input, change: Input | null): number => {
    const entity = catalog.entity(name)
    const named: FieldActs = Object.fromEntries(
      Object.entries(key).map(([field, value]) => [field, { kind: 'set', value }]),
    )
    const created = create(name, creation, ['create'], 0, named)
    const act = acts[created]
    if (act?.kind === 'create') contradiction(entity, key, act.fields)
    const given = { entity: name, key, id: idOf(created) }
    const end = acts.length
    if (change) update(name, given.id, change, { at: ['update'], id: ['key'] })
    acts.forEach((act, i) => {
      acts[i] = { ...act, given: { ...given, there: i >= end } }
    })
    return created
  }

  /** What is created would not be found under its key again. */
  const contradiction = (entity: EntityView, key: Key, fields: FieldActs): void => {
    for (const [name, value] of Object.entries(key)) {
      const field = entity.fields.get(name)
      const said = fields[name]
      if (!field || said?.kind !== 'set') continue
      if (canonical(normalForm(field.type, said.value)) === canonical(normalForm(field.type, value))) continue
      const at = ['create', names.entities[entity.name]?.fields[name]?.graphql ?? name]
      refuse('KEY_MISMATCH', at, `The key says another ${name}; say the same in both`)
    }
  }

  return {
    acts,
    places,
    get problem() {
      return wrong
    },
    create: (entity, input, at) => create(entity, input, at, 0),
    update,
    remove: (entity, id, at, force) =>
      push({ kind: 'delete', entity, id, ...(force ? { force } : {}) }, { at: [], id: at, made: new Set() }),
    upsert,
  }
}

type Connect = { readonly connect: string }
type Creation = { readonly [create: string]: Input }
type Link = Connect | { readonly create: Input }

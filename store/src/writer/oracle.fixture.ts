import type { Act, FieldAct } from '@zg/core/act/act'
import type { InverseIR } from '@zg/core/ir/ir'
import { canonical, type Json } from '@zg/core/json'
import { films } from '@zg/core/ports/ports.suite'
import type { Mutation } from '@zg/core/ports/writer'
import type { Row } from '@zg/core/query/query'

/**
 * What `filmModel` should do, without changes, clocks, merge or overlay: plain objects, one mutation after the other,
 * DESIGN 4.4 as a beginner would write it.
 */
export interface Oracle {
  /** The codes of the problems; none = applied. */
  commit(mutation: Mutation): readonly string[]
  rows(entity: string): readonly Row[]
  /** `film|tag`, both alive. */
  edges(): readonly string[]
}

interface World {
  readonly rows: Map<string, Row>
  readonly dead: Set<string>
  readonly edges: Set<string>
}

export function createOracle(): Oracle {
  let world: World = { rows: new Map(), dead: new Set(), edges: new Set() }
  const answers = new Map<string, { readonly body: string; readonly codes: readonly string[] }>()

  const attempt = ({ acts }: Mutation): readonly string[] => {
    const unfit = acts.flatMap(staticCodes)
    if (unfit.length) return unfit
    const draft: World = { rows: new Map(world.rows), dead: new Set(world.dead), edges: new Set(world.edges) }
    for (const act of acts) {
      const codes = perform(draft, act, world.dead)
      if (codes.length) return codes
    }
    const taken = twice(draft)
    if (taken.length) return taken
    world = draft
    return []
  }

  return {
    commit: mutation => {
      const { mutationId, scope, acts } = mutation
      if (mutationId === undefined) return attempt(mutation)
      const key = JSON.stringify([scope.principal.id, mutationId])
      const body = canonical(acts as unknown as Json)
      const known = answers.get(key)
      if (known) return known.body === body ? known.codes : ['ID_REUSED']
      const codes = attempt(mutation)
      answers.set(key, { body, codes })
      return codes
    },
    rows: entity => {
      const { prefix } = films.entity(entity).ir
      const own = [...world.rows.values()].filter(({ id }) => id.startsWith(`${prefix}_`))
      return own.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    edges: () => [...world.edges].sort(),
  }
}

/** Only the mistakes that the histories make. */
function staticCodes(act: Act): readonly string[] {
  if (act.kind === 'delete') return []
  const codes: string[] = []
  for (const [name, field] of Object.entries(act.fields)) {
    if (act.kind === 'update' && act.entity === 'Studio' && name === 'name') codes.push('ONCE')
    if (name === 'year' && field.kind === 'set' && !Number.isInteger(field.value ?? 0))
      codes.push('BAD_VALUE')
  }
  if (act.kind === 'create' && act.entity === 'Film' && !act.fields.title) codes.push('REQUIRED')
  return codes
}

/** `dead`: before this mutation. */
function perform(world: World, act: Act, dead: ReadonlySet<string>): readonly string[] {
  const { entity, id } = act
  if (act.kind === 'delete') {
    if (world.rows.has(id)) return remove(world, id)
    return world.dead.has(id) && !dead.has(id) ? [] : ['NOT_FOUND']
  }
  if (act.kind === 'create') {
    if (world.dead.has(id)) return ['ID_GONE']
    if (world.rows.has(id)) return ['ID_TAKEN']
  } else if (!world.rows.has(id)) return ['NOT_FOUND']
  const row = world.rows.get(id) ?? blank(entity, id)
  const codes = fieldNames(entity, act.fields).flatMap(name =>
    referenceCodes(world, entity, name, act.fields[name]),
  )
  if (codes.length) return codes
  const next: { id: string; [field: string]: Json } = { ...row }
  for (const name of fieldNames(entity, act.fields)) next[name] = after(row[name] ?? null, act.fields[name])
  world.rows.set(id, next)
  return Object.keys(act.fields).flatMap(name => link(world, entity, id, name, act.fields[name]))
}

function fieldNames(entity: string, fields: { readonly [name: string]: FieldAct }): readonly string[] {
  return Object.keys(fields).filter(name => films.entity(entity).fields.has(name))
}

function blank(entity: string, id: string): Row {
  const row: { id: string; [field: string]: Json } = { id }
  for (const { name, crdt, default: literal = null } of films.entity(entity).ir.fields) {
    row[name] = crdt === 'counter' ? '0' : crdt === 'set' ? [] : crdt === 'json' ? {} : literal
  }
  return row
}

function after(old: Json, act: FieldAct | undefined): Json {
  if (act?.kind === 'set') return act.value
  if (act?.kind === 'increment') return String(BigInt(String(old)) + BigInt(act.by))
  if (act?.kind === 'assign') {
    const set = act.set.reduce((document, { path, value }) => written(document, path, value), old)
    return act.remove.reduce<Json>((document, path) => written(document, path, undefined), set)
  }
  if (act?.kind !== 'alter') return old
  const kept = (old as readonly string[]).filter(element => !act.remove.includes(element))
  return [...new Set([...kept, ...(act.add as readonly string[])])].sort()
}

/** One place after the other, as somebody would who is alone. */
function written(document: Json, path: string, value: Json | undefined): Json {
  const [name, ...rest] = path.split('/').slice(1)
  if (name === undefined) return value ?? {}
  const isObject = typeof document === 'object' && document !== null && !Array.isArray(document)
  const members = new Map(Object.entries(isObject ? document : {}))
  if (rest.length) members.set(name, written(members.get(name) ?? {}, `/${rest.join('/')}`, value))
  else if (value === undefined) members.delete(name)
  else members.set(name, value)
  return Object.fromEntries(members)
}

function targetOf(entity: string, name: string): string | null {
  const type = films.entity(entity).fields.get(name)?.type
  return type?.kind === 'ref' ? type.to : null
}

function referenceCodes(
  world: World,
  entity: string,
  name: string,
  act: FieldAct | undefined,
): readonly string[] {
  if (act?.kind !== 'set' || act.value === null || targetOf(entity, name) === null) return []
  return missingCodes(world, String(act.value))
}

/** Posters that stand in another one's way once all acts are done. */
function twice({ rows }: World): readonly string[] {
  const held = [...rows.values()].filter(({ id }) => id.startsWith('poster_')).map(({ film }) => film)
  return held.slice(new Set(held).size).map(() => 'UNIQUE_TAKEN')
}

function missingCodes(world: World, id: string): readonly string[] {
  if (world.rows.has(id)) return []
  return [world.dead.has(id) ? 'REF_GONE' : 'REF_MISSING']
}

/** The other rows that an act links and unlinks; of a one-to-one that is cleared, all that are there. */
function ends(world: World, id: string, inverse: InverseIR, act: FieldAct) {
  if (inverse.kind === 'single' && act.kind === 'set') {
    if (act.value !== null) return { add: [String(act.value)], drop: [] }
    const here = [...world.rows.values()].filter(
      row => row.id.startsWith('poster_') && row[inverse.via] === id,
    )
    return { add: [], drop: here.map(row => row.id) }
  }
  if (act.kind !== 'alter') return { add: [], drop: [] }
  const add = act.add.map(String)
  return { add, drop: act.remove.map(String).filter(other => !add.includes(other)) }
}

function link(
  world: World,
  entity: string,
  id: string,
  name: string,
  act: FieldAct | undefined,
): readonly string[] {
  const inverse = films.entity(entity).inverses.get(name)
  if (!inverse || !act) return []
  const { add, drop } = ends(world, id, inverse, act)
  if (inverse.kind === 'edges') {
    const edge = (other: string) => (inverse.end === 'from' ? `${id}|${other}` : `${other}|${id}`)
    const codes = add.flatMap(other => missingCodes(world, other))
    if (codes.length) return codes
    for (const other of add) world.edges.add(edge(other))
    for (const other of drop) world.edges.delete(edge(other))
    return []
  }
  const { via, from } = inverse
  const optional = films.entity(from).fields.get(via)?.optional
  const codes: string[] = []
  for (const other of add) {
    codes.push(...missingCodes(world, other))
    const row = world.rows.get(other)
    if (row) world.rows.set(other, { ...row, [via]: id })
  }
  for (const other of drop) {
    const row = world.rows.get(other)
    if (row?.[via] !== id) continue
    if (optional) world.rows.set(other, { ...row, [via]: null })
    else codes.push('REQUIRED')
  }
  return codes
}

/** Cascades until nothing more falls, then looks who still points at a fallen row. */
function remove(world: World, id: string): readonly string[] {
  const references = [...world.rows.values()].flatMap(row => {
    const view = films.entities.find(({ ir }) => row.id.startsWith(`${ir.prefix}_`))
    return [...(view?.fields.values() ?? [])].flatMap(({ name, type }) =>
      type.kind === 'ref' && row[name] !== null
        ? [{ row, name, to: String(row[name]), onDelete: type.onDelete }]
        : [],
    )
  })
  const doomed = new Set([id])
  for (let size = 0; size !== doomed.size; ) {
    size = doomed.size
    for (const { row, to, onDelete } of references)
      if (onDelete === 'cascade' && doomed.has(to)) doomed.add(row.id)
  }
  const left = references.filter(({ row, to }) => doomed.has(to) && !doomed.has(row.id))
  if (left.some(({ onDelete }) => onDelete === 'restrict')) return ['RESTRICTED']
  for (const { row, name } of left)
    world.rows.set(row.id, { ...(world.rows.get(row.id) ?? row), [name]: null })
  for (const gone of doomed) {
    world.rows.delete(gone)
    world.dead.add(gone)
    for (const edge of world.edges) if (edge.split('|').includes(gone)) world.edges.delete(edge)
  }
  return []
}

import type { Act, Catalog, FieldAct, FieldIR, InverseIR, Json, Row } from '@zg/core'
import { uniqueKeys } from './keys.ts'

/**
 * What the writer should do, without changes, clocks, merge or locks: plain objects, one mutation after the other, as a
 * beginner would write it. It knows nothing of texts, whose edits are woven and not ordered.
 */
export interface Oracle {
  /** The codes of the problems; none = applied. */
  commit(acts: readonly Act[]): readonly string[]
  rows(entity: string): readonly Row[]
  /** `<from>|<to>`, both alive. */
  edges(relation: string): readonly string[]
  /** Goes on from here. `dead`: ids that were deleted. */
  adopt(state: Known, dead: Iterable<string>): void
}

/** Everything that is there, texts left out. */
export interface Known {
  readonly rows: readonly Row[]
  /** `<relation> <from>|<to>`, both alive. */
  readonly edges: readonly string[]
}

interface World {
  readonly rows: Map<string, Row>
  readonly dead: Set<string>
  /** `<relation> <from>|<to>` */
  readonly edges: Set<string>
}

export function createOracle(catalog: Catalog): Oracle {
  let world: World = { rows: new Map(), dead: new Set(), edges: new Set() }
  return {
    commit: acts => {
      const unfit = acts.flatMap(act => unfitness(catalog, act))
      if (unfit.length) return unfit
      const draft: World = {
        rows: new Map(world.rows),
        dead: new Set(world.dead),
        edges: new Set(world.edges),
      }
      for (const asked of acts) {
        const act = chosen(world, asked)
        if (act === null) continue
        // What has just gone along with another row may be named, too.
        const gone = draft.dead.has(act.id) && !world.dead.has(act.id)
        const codes = act.kind === 'delete' && gone ? [] : perform(catalog, draft, act)
        if (codes.length) return codes
      }
      const taken = twice(catalog, draft)
      if (taken.length) return taken
      world = draft
      return []
    },
    rows: entity => {
      const { prefix } = catalog.entity(entity).ir
      const own = [...world.rows.values()].filter(({ id }) => id.startsWith(`${prefix}_`))
      return own.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    adopt: ({ rows, edges }, dead) => {
      world = { rows: new Map(rows.map(row => [row.id, row])), dead: new Set(dead), edges: new Set(edges) }
    },
    edges: relation =>
      [...world.edges]
        .filter(edge => edge.startsWith(`${relation} `))
        .map(edge => edge.slice(relation.length + 1))
        .sort(),
  }
}

/** The only mistakes of form that histories make: an object where no field takes one, and what is required left out. */
function unfitness(catalog: Catalog, act: Act): readonly string[] {
  if (act.kind === 'delete') return []
  const codes = Object.values(act.fields).flatMap(field =>
    field.kind === 'set' && typeof field.value === 'object' && field.value !== null ? ['BAD_VALUE'] : [],
  )
  const required = catalog
    .entity(act.entity)
    .ir.fields.filter(field => field.crdt === 'register' && !field.optional && field.default === undefined)
  const missing = act.kind === 'create' && required.some(({ name }) => !Object.hasOwn(act.fields, name))
  return missing ? [...codes, 'REQUIRED'] : codes
}

/** What becomes of an act with a condition, as things stood before the mutation; null: nothing. */
function chosen({ rows }: World, act: Act): Act | null {
  const { given } = act
  if (!given) return act
  const key = Object.entries(given.key)
  const holder = [...rows.values()].find(
    row => prefixOf(row.id) === prefixOf(given.id) && key.every(([name, value]) => row[name] === value),
  )
  if ((holder !== undefined) !== given.there) return null
  return JSON.parse(JSON.stringify(act).replaceAll(`"${given.id}"`, `"${holder?.id ?? given.id}"`))
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf('_'))
}

function perform(catalog: Catalog, world: World, act: Act): readonly string[] {
  const { entity, id } = act
  if (act.kind === 'delete') return world.rows.has(id) ? remove(catalog, world, id) : ['NOT_FOUND']
  if (act.kind === 'create') {
    if (world.dead.has(id)) return ['ID_GONE']
    if (world.rows.has(id)) return ['ID_TAKEN']
  } else if (!world.rows.has(id)) return ['NOT_FOUND']
  const view = catalog.entity(entity)
  const own = Object.entries(act.fields).flatMap(([name, field]) => {
    const known = view.fields.get(name)
    return known ? [[known, field] as const] : []
  })
  const codes = own.flatMap(([field, value]) =>
    value.kind === 'set' ? referenceCodes(world, id, field, value.value) : [],
  )
  if (codes.length) return codes
  const next: { id: string; [field: string]: Json } = {
    ...(world.rows.get(id) ?? blank(catalog, entity, id)),
  }
  for (const [{ name, crdt }, field] of own)
    if (crdt !== 'text') next[name] = after(next[name] ?? null, field)
  world.rows.set(id, next)
  for (const [name, field] of Object.entries(act.fields)) {
    const inverse = view.inverses.get(name)
    if (inverse && field.kind === 'alter') codes.push(...link(catalog, world, id, inverse, field))
  }
  return codes
}

function blank(catalog: Catalog, entity: string, id: string): Row {
  const row: { id: string; [field: string]: Json } = { id }
  for (const { name, crdt, default: literal = null } of catalog.entity(entity).ir.fields) {
    if (crdt !== 'text')
      row[name] = crdt === 'counter' ? '0' : crdt === 'set' ? [] : crdt === 'json' ? {} : literal
  }
  return row
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

function after(old: Json, act: FieldAct): Json {
  if (act.kind === 'set') return act.value
  if (act.kind === 'increment') return String(BigInt(String(old)) + BigInt(act.by))
  if (act.kind === 'assign') {
    const set = act.set.reduce((document, { path, value }) => written(document, path, value), old)
    return act.remove.reduce<Json>((document, path) => written(document, path, undefined), set)
  }
  if (act.kind !== 'alter') return old
  const kept = (old as readonly Json[]).filter(element => !act.remove.includes(element))
  return [...new Set([...kept, ...act.add])].sort()
}

function referenceCodes(world: World, id: string, { type }: FieldIR, value: Json): string[] {
  // A row that is being made may refer to itself.
  if (type.kind !== 'ref' || value === null || value === id) return []
  return missingCodes(world, String(value))
}

function missingCodes(world: World, id: string): string[] {
  if (world.rows.has(id)) return []
  return [world.dead.has(id) ? 'REF_GONE' : 'REF_MISSING']
}

function link(
  catalog: Catalog,
  world: World,
  id: string,
  inverse: InverseIR,
  act: Extract<FieldAct, { kind: 'alter' }>,
): readonly string[] {
  const add = act.add.map(String)
  const drop = act.remove.map(String).filter(other => !add.includes(other))
  if (inverse.kind === 'edges') {
    const edge = (other: string) =>
      `${inverse.relation} ${inverse.end === 'from' ? `${id}|${other}` : `${other}|${id}`}`
    const codes = add.flatMap(other => missingCodes(world, other))
    if (codes.length) return codes
    for (const other of add) world.edges.add(edge(other))
    for (const other of drop) world.edges.delete(edge(other))
    return []
  }
  const { via, from } = inverse
  const optional = catalog.entity(from).fields.get(via)?.optional
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
function remove(catalog: Catalog, world: World, id: string): readonly string[] {
  const references = [...world.rows.values()].flatMap(row =>
    refFields(catalog, row).map(({ name, onDelete }) => ({ row, name, to: String(row[name]), onDelete })),
  )
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
    for (const edge of world.edges)
      if (
        edge
          .slice(edge.indexOf(' ') + 1)
          .split('|')
          .includes(gone)
      )
        world.edges.delete(edge)
  }
  return []
}

function refFields(catalog: Catalog, row: Row) {
  const view = catalog.entities.find(({ ir }) => row.id.startsWith(`${ir.prefix}_`))
  return (view?.ir.fields ?? []).flatMap(({ name, type }) =>
    type.kind === 'ref' && row[name] !== null ? [{ name, onDelete: type.onDelete }] : [],
  )
}

/** Rows that stand in another one's way once all acts are done. */
function twice(catalog: Catalog, { rows }: World): readonly string[] {
  const held = [...rows.values()].flatMap(row => {
    const view = catalog.entities.find(({ ir }) => row.id.startsWith(`${ir.prefix}_`))
    return (view ? uniqueKeys(view) : []).flatMap(({ on }) => {
      const values = on.map(name => row[name] ?? null)
      return values.includes(null) ? [] : [JSON.stringify([view?.name, on, values])]
    })
  })
  return held.slice(new Set(held).size).map(() => 'UNIQUE_TAKEN')
}

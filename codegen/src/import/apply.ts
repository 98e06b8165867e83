import type { Act } from '@zg/core/act/act'
import { authored } from '@zg/core/act/authored'
import type { Defaults } from '@zg/core/act/checks'
import { isReference } from '@zg/core/ir/refer'
import { canonical, isList, type Json } from '@zg/core/json'
import type { Reader, Snapshot } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import type { Writer } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import type { Row } from '@zg/core/query/query'
import { alteration, creation } from './acts.ts'
import { columnsOf, type EdgeRule, type RowRule } from './mapping.ts'
import type { Refused, Wanted, WantedEdge } from './record.ts'
import { settle, type Unit } from './settle.ts'
import type { Tally } from './tally.ts'

export interface Ports {
  readonly reader: Reader
  readonly writer: Writer
  readonly defaults: Defaults
  readonly scope: Scope
  readonly update: boolean
  readonly tally: Tally
}

/** What is stored of a wanted row: its fields, and per many-to-many the wanted ids that are there. */
interface Stored {
  readonly row: Row
  readonly edges: ReadonlyMap<string, ReadonlySet<string>>
}

/** Writes the rows that are not there and, when asked to, the values that differ. A bundle is written as a whole. */
export async function applyRows(ports: Ports, bundles: readonly (readonly Wanted[])[]): Promise<void> {
  const stored = await lookUp(ports, bundles.flat())
  await settle(
    ports.writer,
    ports.scope,
    bundles.flatMap(bundle => unitOf(ports, bundle, stored) ?? []),
  )
}

async function lookUp(ports: Ports, wanted: readonly Wanted[]): Promise<ReadonlyMap<string, Stored>> {
  const stored = new Map<string, Stored>()
  const snapshot = ports.reader.open(ports.scope)
  try {
    for (const rule of new Set(wanted.map(each => each.rule))) {
      const own = wanted.filter(each => each.rule === rule)
      const ids = own.map(({ id }) => id)
      const rows = await snapshot.rows(rule.entity.name, ports.update ? dataOf(rule) : [], ids)
      const present = own.filter((_, i) => rows[i])
      const edges = ports.update ? await linked(snapshot, rule, present) : new Map()
      for (const row of rows) if (row) stored.set(row.id, { row, edges: edges.get(row.id) ?? new Map() })
    }
  } finally {
    await snapshot.close()
  }
  return stored
}

/** The fields to compare. */
function dataOf({ entity, fields }: RowRule): readonly string[] {
  return fields.map(({ name }) => name).filter(name => entity.fields.has(name))
}

/** By row and many-to-many: which of the wanted other ends are there. */
async function linked(
  snapshot: Snapshot,
  rule: RowRule,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>> {
  const edges = new Map(wanted.map(({ id }) => [id, new Map<string, ReadonlySet<string>>()]))
  for (const each of rule.fields) {
    if (each.kind !== 'edges') continue
    const others = wanted.flatMap(({ fields }) => idsOf(fields.get(each.name) ?? null))
    const ids = wanted.map(({ id }) => id)
    const found = await ends(snapshot, rule, each.name, each.value.entity.name, ids, others)
    for (const [i, id] of ids.entries()) edges.get(id)?.set(each.name, found[i] ?? new Set())
  }
  return edges
}

/** Per row, which of `others` it is linked to. */
async function ends(
  snapshot: Snapshot,
  { entity }: RowRule | EdgeRule,
  relation: string,
  target: string,
  ids: readonly string[],
  others: readonly string[],
): Promise<readonly ReadonlySet<string>[]> {
  if (!ids.length || !others.length) return ids.map(() => new Set())
  const pages = await snapshot.pages({
    entity: target,
    fields: [],
    where: { kind: 'in', left: { kind: 'path', path: ['id'] }, values: [...new Set(others)] },
    order: [{ path: ['id'], direction: 'asc' }],
    under: { entity: entity.name, relation, ids },
  })
  return pages.map(page => new Set(page.map(({ id }) => id)))
}

/** The acts of a bundle; null if there is nothing to write. */
function unitOf(ports: Ports, bundle: readonly Wanted[], stored: ReadonlyMap<string, Stored>): Unit | null {
  const steps: { readonly wanted: Wanted; readonly act: Act }[] = []
  const later: typeof steps = []
  const ids = new Set(bundle.length > 1 ? bundle.map(({ id }) => id) : [])
  for (const wanted of bundle) {
    const old = stored.get(wanted.id)
    const values = old ? (ports.update ? differences(wanted, old) : new Map()) : circular(wanted, ids)
    if (!old) {
      const act = creation(wanted, new Set(values.keys()))
      steps.push({ wanted, act: authored(wanted.rule.entity, ports.defaults, act) })
    }
    const act = alteration(wanted, values)
    if (act) later.push({ wanted, act })
    if (old && !act) ports.tally.count(wanted.rule, 'unchanged')
  }
  steps.push(...later)
  if (!steps.length) return null
  const settled = (problems: readonly Problem[]) => {
    for (const wanted of new Set(steps.map(step => step.wanted))) {
      const own = problems.find(({ path }) => steps[Number(path[0])]?.wanted === wanted) ?? problems[0]
      if (!own) ports.tally.count(wanted.rule, stored.has(wanted.id) ? 'updated' : 'created')
      else if (own.code === 'ID_GONE') ports.tally.count(wanted.rule, 'deleted')
      else ports.tally.refuse(wanted.rule, wanted.row, refusalOf(wanted.rule, own))
    }
  }
  return { acts: steps.map(step => step.act), settled }
}

/** The optional references into the row's own bundle: they are set once all of it is there. */
function circular(wanted: Wanted, ids: ReadonlySet<string>): ReadonlyMap<string, Json> {
  const { entity } = wanted.rule
  return new Map(
    [...wanted.fields].filter(([name, value]) => {
      const field = entity.fields.get(name)
      if (field) return isReference(field.type) && field.optional && ids.has(String(value))
      return idsOf(value).some(id => ids.has(id))
    }),
  )
}

/**
 * By field, what is to be written: the value, or of sets and many-to-many the elements that are not there. Counters
 * are left alone: they are the sums of what people did since, not values.
 */
function differences(wanted: Wanted, stored: Stored): ReadonlyMap<string, Json> {
  const { entity } = wanted.rule
  const differing = new Map<string, Json>()
  for (const [name, value] of wanted.fields) {
    const field = entity.fields.get(name)
    const old = stored.row[name] ?? null
    if (!field) {
      const lacking = idsOf(value).filter(id => !stored.edges.get(name)?.has(id))
      if (lacking.length) differing.set(name, lacking)
    } else if (field.crdt === 'set') {
      const there = new Set((isList(old) ? old : []).map(canonical))
      const lacking = (isList(value) ? value : []).filter(element => !there.has(canonical(element)))
      if (lacking.length) differing.set(name, lacking)
    } else if (field.crdt === 'json') {
      if (value !== null && canonical(value) !== canonical(old)) differing.set(name, value)
    } else if (field.crdt === 'text') {
      if (value !== null && value !== old) differing.set(name, value)
    } else if (field.crdt === 'register' && !entity.ir.key.includes(name)) {
      // Nothing in the source means the default, which a row may have left since.
      if (value === null && (!field.optional || field.default !== undefined)) continue
      if (canonical(value) !== canonical(old)) differing.set(name, value)
    }
  }
  return differing
}

/** Writes the edges that are not there; both ends must exist. */
export async function applyEdges(ports: Ports, rule: EdgeRule, edges: readonly WantedEdge[]): Promise<void> {
  const ids = [...new Set(edges.map(({ of }) => of))]
  const snapshot = ports.reader.open(ports.scope)
  const target = rule.add.entity.name
  const others = edges.map(({ add }) => add)
  let found: readonly ReadonlySet<string>[]
  try {
    found = await ends(snapshot, rule, rule.inverse.name, target, ids, others)
  } finally {
    await snapshot.close()
  }
  const present = new Map(ids.map((id, i) => [id, found[i] ?? new Set<string>()]))
  const units = edges.flatMap((edge): Unit[] => {
    if (present.get(edge.of)?.has(edge.add)) {
      ports.tally.count(rule, 'unchanged')
      return []
    }
    return [edgeUnit(ports, rule, edge)]
  })
  await settle(ports.writer, ports.scope, units)
}

function edgeUnit(ports: Ports, rule: EdgeRule, edge: WantedEdge): Unit {
  const fields = { [rule.inverse.name]: { kind: 'alter', add: [edge.add], remove: [] } } as const
  return {
    acts: [{ kind: 'update', entity: rule.entity.name, id: edge.of, fields }],
    settled([own]) {
      if (!own) ports.tally.count(rule, 'created')
      else ports.tally.refuse(rule, edge.row, edgeRefusal(rule, own))
    },
  }
}

function edgeRefusal(rule: EdgeRule, { code, message, path }: Problem): Refused {
  const [column = null] = columnsOf(path[1] === rule.inverse.name ? rule.add : rule.of)
  return { column, code, message }
}

function refusalOf(rule: RowRule, { code, message, path }: Problem): Refused {
  const field = rule.fields.find(({ name }) => name === path[1])
  const [column = null] = field ? columnsOf(field.value) : []
  return { column, code, message }
}

function idsOf(value: Json): readonly string[] {
  return isList(value) ? value.map(String) : []
}

import {
  apply,
  type Catalog,
  decodeBytes,
  type Entry,
  type Instance,
  NOTHING,
  type Row,
  readText,
  rowOf,
  visible,
} from '@zg/core'
import type { Group } from './history.ts'

/** What the log says, read from its beginning: how things stood at the end of each mutation. */
export interface Replay {
  readonly groups: readonly Group[]
  /** Undefined where no mutation ends. */
  at(seq: number): State | undefined
  readonly instances: ReadonlyMap<string, Instance>
  /** The rows that were deleted up to there. */
  deadAt(seq: number): readonly string[]
}

export interface State {
  readonly seq: number
  /** Entity -> id -> row. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, Row>>
  /** Relation -> `<from>|<to>`, whether its ends live or not. */
  readonly edges: ReadonlyMap<string, ReadonlySet<string>>
}

export function replay(catalog: Catalog, entries: readonly Entry[]): Replay {
  const instances = new Map<string, Instance>()
  const texts = new Map<string, Uint8Array[]>()
  const states = new Map<number, State>()
  const groups: Group[] = []
  let state: State = { seq: 0, rows: new Map(), edges: new Map() }
  states.set(0, state)
  let open: Entry[] = []
  for (const entry of entries) {
    open.push(entry)
    const { change } = entry
    const place = `${change.entity}/${change.key}`
    instances.set(place, apply(instances.get(place) ?? NOTHING, change))
    for (const op of change.ops) {
      if (op.kind !== 'text') continue
      const name = `${place}/${op.field}`
      texts.set(name, [...(texts.get(name) ?? []), decodeBytes(op.update) ?? new Uint8Array()])
    }
    if (!entry.last) continue
    state = advance(catalog, state, open, instances, texts)
    states.set(state.seq, state)
    const { by, mutation } = change
    groups.push({ entries: open, by, client: mutation.client, n: mutation.n, seq: entry.seq })
    open = []
  }
  const deadAt = (seq: number): readonly string[] =>
    entries
      .filter(entry => entry.seq <= seq && entry.change.ops[0]?.kind === 'delete')
      .map(({ change }) => change.key)
  return { groups, at: seq => states.get(seq), instances, deadAt }
}

function advance(
  catalog: Catalog,
  before: State,
  entries: readonly Entry[],
  instances: ReadonlyMap<string, Instance>,
  texts: ReadonlyMap<string, readonly Uint8Array[]>,
): State {
  const rows = new Map(before.rows)
  const edges = new Map(before.edges)
  const copied = new Set<string>()
  const fresh = <C>(map: Map<string, C>, name: string, copy: (old: C | undefined) => C): C => {
    const known = map.get(name)
    if (known !== undefined && copied.has(name)) return known
    copied.add(name)
    const content = copy(known)
    map.set(name, content)
    return content
  }
  for (const { change } of entries) {
    const { entity: number, key } = change
    const place = `${number}/${key}`
    const instance = instances.get(place) ?? NOTHING
    const entity = catalog.entityByNumber(number)
    const relation = catalog.relationByNumber(number)
    if (entity) {
      const own = fresh(rows, entity.name, old => new Map(old)) as Map<string, Row>
      const text = (field: number) => {
        const updates = texts.get(`${place}/${field}`)
        return updates && readText({ state: null, updates })
      }
      if (visible(instance)) own.set(key, rowOf(entity, key, instance, text))
      else own.delete(key)
    } else if (relation) {
      const own = fresh(edges, relation.name, old => new Set(old)) as Set<string>
      if (visible(instance)) own.add(key)
      else own.delete(key)
    }
  }
  return { seq: entries.at(-1)?.seq ?? before.seq, rows, edges }
}

/** The edges of a relation that readers see: both ends live. */
export function liveEdges(catalog: Catalog, { rows, edges }: State, relation: string): readonly string[] {
  const { from, to } = catalog.relation(relation)
  return [...(edges.get(relation) ?? [])]
    .filter(edge => {
      const [one = '', other = ''] = edge.split('|')
      return rows.get(from)?.has(one) && rows.get(to)?.has(other)
    })
    .sort()
}

export function rowsOf({ rows }: State, entity: string): readonly Row[] {
  return [...(rows.get(entity)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1))
}

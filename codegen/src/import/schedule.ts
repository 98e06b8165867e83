import type { Catalog } from '@zg/core/ir/catalog'
import { referredEntities } from '@zg/core/ir/refer'
import type { RowRule, Rule } from './mapping.ts'

/** Rules that run one after another. */
export interface Stage {
  readonly rules: readonly Rule[]
  /** Entities that refer to themselves or to each other: rows, too, must be put in order. */
  readonly cyclic: boolean
}

/**
 * Puts rules in order: an entity after those it refers to, edges last. Rules of one entity keep their order.
 */
export function schedule(rules: readonly Rule[], catalog: Catalog): readonly Stage[] {
  const rowRules = rules.filter(rule => rule.kind === 'rows')
  const names = [...new Set(rowRules.map(rule => rule.entity.name))]
  const targets = new Map(names.map(name => [name, targetsOf(rowRules, name, catalog)]))
  const stages = components(names, name => targets.get(name) ?? []).map(group => ({
    rules: rowRules.filter(rule => group.includes(rule.entity.name)),
    cyclic: group.length > 1 || group.some(name => targets.get(name)?.includes(name)),
  }))
  const edges = rules.filter(rule => rule.kind === 'edges')
  return edges.length ? [...stages, { rules: edges, cyclic: false }] : stages
}

/** The entities that the mapped fields of an entity point to. */
function targetsOf(rules: readonly RowRule[], name: string, catalog: Catalog): readonly string[] {
  const found = rules
    .filter(rule => rule.entity.name === name)
    .flatMap(rule => rule.fields.flatMap(({ name: field }) => targetsAt(rule, field, catalog)))
  return [...new Set(found)]
}

/** The entities that a to-one or many-to-many of a rule points to; none for data. */
export function targetsAt(rule: RowRule, name: string, catalog: Catalog): readonly string[] {
  const type = rule.entity.fields.get(name)?.type
  if (type) return referredEntities(type)
  const inverse = rule.entity.inverses.get(name)
  if (inverse?.kind !== 'edges') return []
  const relation = catalog.relation(inverse.relation)
  return [inverse.end === 'from' ? relation.to : relation.from]
}

/**
 * The strongly connected components of a graph, each after those it points to (R. Tarjan, 1972), without
 * recursion: chains of rows may be long. Targets that are no nodes are ignored. O(nodes + targets).
 */
export function components<T>(
  nodes: readonly T[],
  targets: (node: T) => readonly T[],
): readonly (readonly T[])[] {
  const known = new Set(nodes)
  const index = new Map<T, number>()
  const low = new Map<T, number>()
  const pending: T[] = []
  const isPending = new Set<T>()
  const found: T[][] = []

  const enter = (node: T): Visit<T> => {
    index.set(node, index.size)
    low.set(node, index.size - 1)
    pending.push(node)
    isPending.add(node)
    return { node, rest: targets(node)[Symbol.iterator]() }
  }
  const leave = (node: T) => {
    if (low.get(node) !== index.get(node)) return
    const component = pending.splice(pending.lastIndexOf(node))
    for (const each of component) isPending.delete(each)
    found.push(component)
  }
  const lower = (node: T, to: number | undefined) => low.set(node, Math.min(low.get(node) ?? 0, to ?? 0))

  for (const root of nodes) {
    if (index.has(root)) continue
    const visits = [enter(root)]
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const next = visit.rest.next()
      if (next.done) {
        visits.pop()
        leave(visit.node)
        const parent = visits.at(-1)
        if (parent) lower(parent.node, low.get(visit.node))
      } else if (known.has(next.value)) {
        if (!index.has(next.value)) visits.push(enter(next.value))
        else if (isPending.has(next.value)) lower(visit.node, index.get(next.value))
      }
    }
  }
  return found
}

interface Visit<T> {
  readonly node: T
  readonly rest: Iterator<T>
}

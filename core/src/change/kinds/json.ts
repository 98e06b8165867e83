import { canonical, isList, type Json } from '../../json.ts'
import type { Op } from '../change.ts'
import type { Hlc } from '../clock.ts'
import type { Cell } from '../instance.ts'
import { holds, namesOf } from '../pointer.ts'

type JsonCell = Extract<Cell, { kind: 'json' }>
type Assigned = JsonCell['paths'][string]

/**
 * A document whose places are registers: what is assigned at a place replaces all that was there and below it under an
 * earlier stamp; what is assigned inside it later stays. Kept is what no later assignment at the place or around it
 * has replaced, removals included: a maximum for each place, so order does not show. O(assignments of the op times
 * those kept).
 */
export function applyJson(cell: JsonCell | undefined, op: Extract<Op, { kind: 'json' }>, id: Hlc): JsonCell {
  const paths: { [path: string]: Assigned } = { ...cell?.paths }
  for (const { path, value } of op.set) assign(paths, path, { at: id, value })
  for (const path of op.remove) assign(paths, path, { at: id })
  return { kind: 'json', paths }
}

function assign(paths: { [path: string]: Assigned }, path: string, assigned: Assigned): void {
  const known = Object.entries(paths)
  if (known.some(([other, { at }]) => at > assigned.at && holds(other, path))) return
  for (const [other, { at }] of known) if (at < assigned.at && holds(path, other)) delete paths[other]
  paths[path] = assigned
}

/** An object being written; what is no object stands in it as it is. */
type Tree = Map<string, Tree | { readonly value: Json }>

/**
 * How the document reads: what is kept, assigned in the order of the stamps, beginning with `{}`. Who assigns at a
 * place, or removes it, says that all that leads there is objects. O(document).
 */
export function documentOf({ paths }: JsonCell): Json {
  const top: Tree = new Map()
  const inOrder = Object.entries(paths).sort(([, a], [, b]) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  for (const [path, { value }] of inOrder) {
    // The document is the member without a name of something around it.
    const names = ['', ...namesOf(path)]
    const last = names[names.length - 1] ?? ''
    let inside = top
    for (const name of names.slice(0, -1)) inside = opened(inside, name)
    if (value === undefined) inside.delete(last)
    else inside.set(last, { value })
  }
  const document = closed(top.get('') ?? new Map())
  return JSON.parse(canonical(document))
}

function opened(around: Tree, name: string): Tree {
  const there = around.get(name)
  if (there instanceof Map) return there
  const { value = null } = there ?? {}
  const members = typeof value === 'object' && value !== null && !isList(value) ? Object.entries(value) : []
  const tree: Tree = new Map(members.map(([member, inner]) => [member, { value: inner }]))
  around.set(name, tree)
  return tree
}

function closed(node: Tree | { readonly value: Json }): Json {
  if (!(node instanceof Map)) return node.value
  return Object.fromEntries([...node].map(([name, inner]) => [name, closed(inner)]))
}

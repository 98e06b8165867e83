import { canonical, type Json } from '../json.ts'
import type { Change, Op } from './change.ts'
import type { Instance } from './instance.ts'
import { visible } from './merge.ts'
import { namesOf } from './pointer.ts'
import { cellValue } from './value.ts'

/** The meaning of a set of changes, worked out at once and not change by change: the oracle. */
export function meaningOf(changes: readonly Change[]): unknown {
  const of = (kind: Op['kind']) => changes.filter(change => change.ops.some(op => op.kind === kind))
  const dead = of('delete')
  if (dead.length > 0) return { visible: false, values: {} }
  const fields = new Set(
    changes.flatMap(({ ops }) => ops.map(({ field }) => field)).filter(field => field > 0),
  )
  const values = Object.fromEntries([...fields].map(field => [field, fieldOf(changes, field)]))
  return { visible: of('create').length > 0, values }
}

function fieldOf(changes: readonly Change[], field: number): Json {
  const ops = changes.flatMap(({ id, ops }) => ops.filter(op => op.field === field).map(op => ({ id, op })))
  const kind = ops
    .map(({ op }) => op.kind)
    .sort()
    .at(-1)
  if (kind === 'counter')
    return String(ops.reduce((sum, { op }) => sum + (op.kind === kind ? BigInt(op.by) : 0n), 0n))
  if (kind === 'register') {
    const [last] = ops.filter(({ op }) => op.kind === kind).sort((a, b) => (a.id < b.id ? 1 : -1))
    return last?.op.kind === kind ? last.op.value : null
  }
  if (kind === 'json') {
    const order = ops.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return order.reduce<Json>((document, { op }) => (op.kind === kind ? written(document, op) : document), {})
  }
  const removed = new Set<string>()
  const added: (readonly [Json, string])[] = []
  for (const { id, op } of ops) {
    if (op.kind !== 'set') continue
    for (const element of op.add) added.push([element, `${id} ${canonical(element)}`])
    for (const { element, tags } of op.remove)
      for (const tag of tags) removed.add(`${tag} ${canonical(element)}`)
  }
  const live = added.filter(([, tag]) => !removed.has(tag)).map(([element]) => canonical(element))
  return [...new Set(live)].sort().map(text => JSON.parse(text))
}

/** One assignment after the other, and nothing is ever forgotten. */
function written(document: Json, { set, remove }: Extract<Op, { kind: 'json' }>): Json {
  const put = (inside: Json, [name, ...rest]: readonly string[], value: Json | undefined): Json => {
    if (name === undefined) return value === undefined ? {} : value
    const members = typeof inside === 'object' && !Array.isArray(inside) ? { ...(inside as object) } : {}
    const own = members as { [name: string]: Json }
    if (rest.length === 0 && value === undefined) delete own[name]
    else own[name] = put(own[name] ?? {}, rest, value)
    return own
  }
  const all = [...set, ...remove.map(path => ({ path, value: undefined }))]
  return all.reduce<Json>((inside, { path, value }) => put(inside, namesOf(path), value), document)
}

/** What an instance says, in the same form. */
export function read(instance: Instance): unknown {
  const values = Object.entries(instance.cells).map(([field, cell]) => [field, cellValue(cell)])
  return { visible: visible(instance), values: Object.fromEntries(values) }
}

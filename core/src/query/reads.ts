import type { Catalog } from '../ir/catalog.ts'
import type { Expression, Operand } from './expression.ts'
import { found, manyRouteOf, routeOf, type Step, stepOf } from './path.ts'

/**
 * What an expression reads of rows that it reaches in one way: the tree of these says which changes may alter what it says about
 * a row. The root are the rows that the expression is about.
 */
export interface Read {
  readonly entity: string
  readonly from: { readonly read: Read; readonly by: Hop } | null
  /** Stored fields whose values matter, those that lead on to other rows included. That a row is there matters always. */
  readonly fields: ReadonlySet<string>
}

/** The way from a row to related ones. */
export type Hop =
  /** The row's to-one `field` holds the other's id. `step` is what a path says. */
  | { readonly kind: 'to'; readonly field: string; readonly step: string }
  /** The other's to-one `via` holds the row's id. */
  | { readonly kind: 'back'; readonly via: string; readonly step: string; readonly many: boolean }
  /** An edge; the row is at `end`. */
  | { readonly kind: 'edge'; readonly relation: string; readonly end: 'from' | 'to'; readonly step: string }

/** All reads of a checked expression, the root first. O(nodes). */
export function readsOf(catalog: Catalog, entity: string, expression: Expression): readonly Read[] {
  const root: Growing = { entity, from: null, fields: new Set() }
  const reads: Growing[] = [root]

  const next = (read: Growing, by: Hop, to: string): Growing => {
    const known = reads.find(other => other.from?.read === read && other.from.by.step === by.step)
    if (known) return known
    const fresh: Growing = { entity: to, from: { read, by }, fields: new Set() }
    if (by.kind === 'to') read.fields.add(by.field)
    if (by.kind === 'back') fresh.fields.add(by.via)
    reads.push(fresh)
    return fresh
  }
  const along = (read: Growing, path: readonly string[]): Growing =>
    path.reduce((at, name) => {
      const step = stepOf(catalog.entity(at.entity), name)
      if (!step) throw new Error(`${at.entity}.${name} leads to no single row`)
      return next(at, hopOf(step, name), step.to)
    }, read)

  const visit = (read: Growing, part: Expression): void => {
    if (part.kind === 'and' || part.kind === 'or') {
      for (const one of part.of) visit(read, one)
      return
    }
    if ('path' in part) {
      const { relation, to } = found(manyRouteOf(catalog, read.entity, part.path))
      const step = part.path.at(-1) ?? ''
      const by: Hop =
        relation.kind === 'edges'
          ? { kind: 'edge', relation: relation.relation, end: relation.end, step }
          : { kind: 'back', via: relation.via, step, many: true }
      visit(next(along(read, part.path.slice(0, -1)), by, to), part.where)
      return
    }
    const operands: readonly Operand[] = 'right' in part ? [part.left, part.right] : [part.left]
    for (const operand of operands) {
      if (operand.kind !== 'path') continue
      const { field } = found(routeOf(catalog, read.entity, operand.path))
      const at = along(read, operand.path.slice(0, -1))
      if (field !== 'id') at.fields.add(field)
    }
  }

  visit(root, expression)
  return reads
}

interface Growing extends Read {
  readonly from: { readonly read: Growing; readonly by: Hop } | null
  readonly fields: Set<string>
}

function hopOf(step: Step, name: string): Hop {
  return step.kind === 'ref'
    ? { kind: 'to', field: step.field, step: name }
    : { kind: 'back', via: step.via, step: name, many: false }
}

/**
 * About rows of the root: whether the way of a read leads to one of these rows. At the end of a to-one the id counts,
 * whether its row is there or not.
 */
export function reaching(read: Read, ids: readonly string[]): Expression {
  const { from } = read
  if (from?.by.kind === 'to') return upwards(from.read, among([from.by.field], ids))
  return upwards(read, among(['id'], ids))
}

function among(path: readonly string[], values: readonly string[]): Expression {
  return { kind: 'in', left: { kind: 'path', path }, values }
}

function upwards({ from }: Read, inner: Expression): Expression {
  if (!from) return inner
  const { by, read } = from
  const many = by.kind === 'edge' || (by.kind === 'back' && by.many)
  return upwards(read, many ? { kind: 'some', path: [by.step], where: inner } : prefixed(by.step, inner))
}

/** Only what is made above. */
function prefixed(step: string, expression: Expression): Expression {
  if (expression.kind === 'some') return { ...expression, path: [step, ...expression.path] }
  if (expression.kind === 'in' && expression.left.kind === 'path')
    return { ...expression, left: { kind: 'path', path: [step, ...expression.left.path] } }
  throw new Error(`No way begins with ${expression.kind}`)
}

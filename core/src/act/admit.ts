import type { Change, Op } from '../change/change.ts'
import { parseEdgeKey } from '../change/id.ts'
import type { Cell, Instance } from '../change/instance.ts'
import { apply, beforeOf, visible } from '../change/merge.ts'
import { elementsOf } from '../change/value.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { EdgeRelationIR, FieldIR } from '../ir/ir.ts'
import { isReference, referredEntity } from '../ir/refer.ts'
import { type Problem, problem } from '../problem.ts'
import type { Written } from './author.ts'
import { excessiveDocument } from './document.ts'
import { missingTarget, SET_LIMIT } from './fields.ts'
import type { Judgement } from './judge.ts'
import { STRETCH } from './limit.ts'
import { type Address, type Needs, NO_NEEDS } from './needs.ts'
import type { Draft } from './overlay.ts'
import { need, rowAddress, type Superseded } from './step.ts'

/**
 * Judges a mutation of the merge lane, whose changes have passed `checkChanges`: they are logged as stamped, whatever
 * happened since. A generator as `judge` is. Refused are references to rows that are not there, ops on rows
 * that nobody created, creates of dead ids, ids of changes that are in the log already, and sets that outgrow their limit.
 */
export function* admit(
  catalog: Catalog,
  changes: readonly Change[],
  draft: Draft,
): Generator<Needs, Judgement, void> {
  yield* need(draft, needsOf(catalog, changes))
  const written: Written[] = []
  const superseded: Superseded[] = []
  for (const [i, change] of changes.entries()) {
    const path = [String(i)]
    if (i % STRETCH === STRETCH - 1) yield NO_NEEDS
    const before = draft.instance(change)
    const after = apply(before, change)
    const forbidden = identity(catalog, draft, change, before, path)
    if (forbidden.length) return { kind: 'refused', problems: forbidden }
    const problems = before.dead ? [] : yield* relations(catalog, draft, change, { before, after }, path)
    if (problems.length) return { kind: 'refused', problems }
    written.push({ change, before: beforeOf(before, change) })
    superseded.push(...withoutEffect(catalog, change, after))
    draft.stage({ entity: change.entity, key: change.key }, after)
  }
  return { kind: 'accepted', written, ids: [], superseded }
}

/** What admitting these changes asks for first, so that a whole batch is loaded at once. */
export function needsOf(catalog: Catalog, changes: readonly Change[]): Partial<Needs> {
  const instances = changes.flatMap((change): Address[] => {
    const row = { entity: change.entity, key: change.key }
    const relation = catalog.relationByNumber(change.entity)
    if (relation) return [row, ...endsOf(catalog, relation, change.key).map(({ address }) => address)]
    const fields = catalog.entityByNumber(change.entity)?.fieldsByNumber
    const targets = change.ops.flatMap(op => {
      const field = fields?.get(op.field)
      return field && op.kind === 'register' ? targetOf(catalog, field, op.value) : []
    })
    return [row, ...targets.map(({ address }) => address)]
  })
  return { instances, stamps: changes.map(({ id }) => id) }
}

function identity(
  catalog: Catalog,
  draft: Draft,
  { id, entity, key, ops }: Change,
  before: Instance,
  path: readonly string[],
): readonly Problem[] {
  if (draft.logged(id)) {
    const message = 'Another mutation has logged a change under this stamp; no two changes may share one'
    return [problem('STAMP_TAKEN', [...path, 'id'], message)]
  }
  const life = ops[0]?.kind
  if (life === 'create' && before.dead) {
    return [problem('ID_GONE', [...path, 'id'], `${key} was deleted; a deleted id is never used again`)]
  }
  // A replica's pushes come in order, and nobody is sent a row before it is in the log: the create was refused.
  const isRow = catalog.entityByNumber(entity) !== undefined
  if (isRow && life !== 'create' && !before.dead && !visible(before)) {
    return [problem('NOT_FOUND', [...path, 'id'], `There is no ${key}; its create comes first`)]
  }
  return []
}

interface States {
  readonly before: Instance
  readonly after: Instance
}

/** To-ones lead to rows that are there, edges have both ends, sets keep their limit. */
function* relations(
  catalog: Catalog,
  draft: Draft,
  change: Change,
  { before, after }: States,
  path: readonly string[],
): Generator<Needs, readonly Problem[], void> {
  const relation = catalog.relationByNumber(change.entity)
  if (relation) {
    const adds = change.ops.some(op => op.kind === 'edge' && op.add)
    return adds ? missing(draft, endsOf(catalog, relation, change.key), path) : []
  }
  const entity = catalog.entityByNumber(change.entity)
  if (!entity) return []
  const problems: Problem[] = []
  // What has waited for this create was checked when it came, and much may have gone since.
  const born = !visible(before) && visible(after)
  for (const field of born ? entity.ir.fields : touched(entity, change)) {
    const at = [...path, field.name]
    const cell = after.cells[field.number]
    if (cell?.kind === 'set' && outgrown(before, after, field.number)) {
      const message = `A set holds ${SET_LIMIT} elements at most; use an entity instead`
      problems.push(problem('TOO_LARGE', at, message))
    }
    if (cell !== before.cells[field.number])
      problems.push(...excessiveDocument(before.cells[field.number], cell, at))
    if (cell?.kind !== 'register' || (cell.at !== change.id && !born)) continue
    const targets = targetOf(catalog, field, cell.value).filter(({ address }) => address.key !== change.key)
    yield* need(draft, { instances: targets.map(({ address }) => address) })
    problems.push(...missing(draft, targets, at))
  }
  return problems
}

function outgrown(before: Instance, after: Instance, field: number): boolean {
  const size = elementsOf(after.cells[field]).length
  return size > SET_LIMIT && size > elementsOf(before.cells[field]).length
}

function touched(entity: EntityView, { ops }: Change): readonly FieldIR[] {
  return ops.flatMap(op => entity.fieldsByNumber.get(op.field) ?? [])
}

interface Target {
  readonly entity: string
  readonly address: Address
}

function missing(draft: Draft, targets: readonly Target[], path: readonly string[]): readonly Problem[] {
  return targets.flatMap(({ entity, address }) =>
    missingTarget(draft.instance(address), entity, address.key, path),
  )
}

/** The fields whose new values do not show. */
function withoutEffect(catalog: Catalog, { id, entity, key, ops }: Change, after: Instance): Superseded[] {
  const view = catalog.entityByNumber(entity)
  return ops.flatMap(op => {
    const field = view?.fieldsByNumber.get(op.field)
    const cell = after.cells[op.field]
    const hidden =
      after.dead !== null || (cell?.kind === 'register' && cell.at !== id) || isOutdone(op, cell, id)
    return view && field && hidden ? [{ entity: view.name, id: key, field: field.name }] : []
  })
}

/** Whether something of what it assigns has been replaced already. */
function isOutdone(op: Op, cell: Cell | undefined, id: string): boolean {
  if (op.kind !== 'json' || cell?.kind !== 'json') return false
  const places = [...op.set.map(({ path }) => path), ...op.remove]
  return places.some(path => cell.paths[path]?.at !== id)
}

/** An edge's ends. */
function endsOf(catalog: Catalog, { from, to }: EdgeRelationIR, key: string): readonly Target[] {
  const ends = parseEdgeKey(key)
  if (!ends) return []
  const end = (entity: string, id: string) => ({ entity, address: rowAddress(catalog.entity(entity), id) })
  return [end(from, ends.from), end(to, ends.to)]
}

function targetOf(catalog: Catalog, { type }: FieldIR, value: unknown): readonly Target[] {
  if (!isReference(type) || typeof value !== 'string') return []
  const entity = referredEntity(catalog, type, value)
  return entity ? [{ entity: entity.name, address: rowAddress(entity, value) }] : []
}

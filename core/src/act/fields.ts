import type { Op } from '../change/change.ts'
import type { Hlc } from '../change/clock.ts'
import type { Instance } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import { elementsOf, tagsOf } from '../change/value.ts'
import type { EntityView } from '../ir/catalog.ts'
import type { FieldIR } from '../ir/ir.ts'
import { isReference, referredEntity } from '../ir/refer.ts'
import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { normalForm } from '../query/normal.ts'
import type { FieldAct, FieldActs } from './act.ts'
import { outgrowing } from './document.ts'
import type { Needs } from './needs.ts'
import { need, rowAddress, type Step, seenTags } from './step.ts'
import { UnpreparedText } from './unprepared.ts'

/** A set holds at most this many elements (`TOO_LARGE`). */
export const SET_LIMIT = 1_000

/**
 * The ops that an act's own fields (data and to-one) make on its row, with references checked. Links to other rows are `link`'s matter.
 */
export function* fieldOps(
  step: Step,
  entity: EntityView,
  id: string,
  acts: FieldActs,
): Generator<Needs, { readonly ops: readonly Op[]; readonly problems: readonly Problem[] }, void> {
  const instance = step.draft.instance(rowAddress(entity, id))
  const ops: Op[] = []
  const problems: Problem[] = []
  for (const name of Object.keys(acts)) {
    const act = acts[name]
    const field = entity.fields.get(name)
    if (!field || !act) continue
    if (act.kind === 'replace' || (act.kind === 'text' && act.admitted !== id)) {
      throw new UnpreparedText(Number(step.path[0]), id)
    }
    if (act.kind === 'set' && isReference(field.type)) {
      const found = yield* refer(step, field, id, act.value, [...step.path, name])
      problems.push(...found)
    }
    const op = act.kind === 'alter' ? yield* setOp(step, field, act, instance) : opOf(field, act)
    if (!op) continue
    if (op.kind === 'set' && sizeAfter(instance, op) > SET_LIMIT) {
      const message = `A set holds ${SET_LIMIT} elements at most; use an entity instead`
      problems.push(problem('TOO_LARGE', [...step.path, name], message))
    }
    if (op.kind === 'json') problems.push(...outgrowing(instance, op, [...step.path, name]))
    ops.push(op)
  }
  return { ops, problems }
}

function opOf(field: FieldIR, act: Exclude<FieldAct, { kind: 'alter' }>): Op | null {
  switch (act.kind) {
    case 'set':
      return { field: field.number, kind: 'register', value: normalForm(field.type, act.value) }
    case 'increment':
      return { field: field.number, kind: 'counter', by: act.by }
    case 'assign': {
      const set = act.set.map(({ path, value }) => ({ path, value: normalForm(field.type, value) }))
      return set.length || act.remove.length
        ? { field: field.number, kind: 'json', set, remove: act.remove }
        : null
    }
    case 'text':
      return { field: field.number, kind: 'text', update: act.update }
    case 'replace':
      return null
  }
}

/** An add takes over from the tags it saw, so that an element carries one tag however often it is added. */
function* setOp(
  step: Step,
  field: FieldIR,
  act: Extract<FieldAct, { kind: 'alter' }>,
  instance: Instance,
): Generator<Needs, Op | null, void> {
  const normal = (value: Json) => normalForm(field.type, value)
  const [add, remove] = [act.add.map(normal), act.remove.map(normal)]
  const cell = instance.cells[field.number]
  const added = new Set(add.map(canonical))
  const touched = new Map([...add, ...remove].map(element => [canonical(element), element]))
  const removes: { readonly element: Json; readonly tags: readonly Hlc[] }[] = []
  for (const element of touched.values()) {
    const tags = yield* seenTags(step, tagsOf(cell, element))
    if (tags.length > 0) removes.push({ element, tags })
  }
  const adds = [...touched.entries()].filter(([text]) => added.has(text)).map(([, element]) => element)
  if (!adds.length && !removes.length) return null
  return { field: field.number, kind: 'set', add: adds, remove: removes }
}

function sizeAfter(instance: Instance, op: Extract<Op, { kind: 'set' }>): number {
  const elements = new Set(elementsOf(instance.cells[op.field]).map(canonical))
  for (const { element } of op.remove) elements.delete(canonical(element))
  for (const element of op.add) elements.add(canonical(element))
  return elements.size
}

/** Checks a to-one's target. */
function* refer(
  step: Step,
  field: FieldIR,
  id: string,
  value: Json,
  path: readonly string[],
): Generator<Needs, readonly Problem[], void> {
  const { catalog, draft } = step
  if (!isReference(field.type)) return []
  const referred = typeof value === 'string' ? referredEntity(catalog, field.type, value) : undefined
  if (typeof value === 'string' && referred) {
    const target = rowAddress(referred, value)
    // A new row may refer to itself: it exists once its create is written.
    if (value !== id) {
      yield* need(draft, { instances: [target] })
      const problems = missingTarget(draft.instance(target), referred.name, value, path)
      if (problems.length) return problems
    }
  }
  return []
}

/** `REF_GONE` for a deleted target, `REF_MISSING` for one nobody knows. */
export function missingTarget(
  target: Instance,
  entity: string,
  id: string,
  path: readonly string[],
): Problem[] {
  if (visible(target)) return []
  if (target.dead) return [problem('REF_GONE', path, `${entity} ${id} was deleted`)]
  return [problem('REF_MISSING', path, `There is no ${entity} ${id}; create it first`)]
}

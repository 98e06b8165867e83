import { edgeKey } from '../change/id.ts'
import { visible } from '../change/merge.ts'
import { clocksOf, tagsOf } from '../change/value.ts'
import type { EntityView } from '../ir/catalog.ts'
import type { InverseIR } from '../ir/ir.ts'
import { type Problem, problem } from '../problem.ts'
import type { FieldActs } from './act.ts'
import { oneToOneClaim } from './claim.ts'
import { fieldOps, missingTarget } from './fields.ts'
import type { Needs } from './needs.ts'
import { referredId } from './overlay.ts'
import { need, rowAddress, type Step, seenTags } from './step.ts'

/** Adds and removes the other rows that an act names: edges, and rows that refer to this one. */
export function* link(
  step: Step,
  entity: EntityView,
  id: string,
  acts: FieldActs,
): Generator<Needs, readonly Problem[], void> {
  const problems: Problem[] = []
  for (const [name, act] of Object.entries(acts)) {
    const inverse = entity.inverses.get(name)
    const path = [...step.path, name]
    if (inverse?.kind === 'single' && act.kind === 'set') {
      // The same as the other row's to-one: who is there already does not make way, but keeps the claim.
      const add = act.value === null ? [] : [String(act.value)]
      const remove = act.value === null ? yield* holders(step, entity, inverse, id) : []
      problems.push(...(yield* alterReferences(step, inverse, id, add, remove, path)))
    }
    if (!inverse || act.kind !== 'alter') continue
    const add = act.add.map(String)
    const remove = act.remove.map(String).filter(other => !add.includes(other))
    if (inverse.kind === 'edges') problems.push(...(yield* alterEdges(step, inverse, id, add, remove, path)))
    else problems.push(...(yield* alterReferences(step, inverse, id, add, remove, path)))
  }
  return problems
}

function* alterEdges(
  step: Step,
  inverse: Extract<InverseIR, { kind: 'edges' }>,
  id: string,
  add: readonly string[],
  remove: readonly string[],
  path: readonly string[],
): Generator<Needs, readonly Problem[], void> {
  const { catalog, draft, author } = step
  const cause = { at: path, own: false }
  const relation = catalog.relation(inverse.relation)
  const other = catalog.entity(inverse.end === 'from' ? relation.to : relation.from)
  const edge = (otherId: string) => ({
    entity: relation.number,
    key: inverse.end === 'from' ? edgeKey(id, otherId) : edgeKey(otherId, id),
  })
  yield* need(draft, {
    instances: [...add.map(otherId => rowAddress(other, otherId)), ...[...add, ...remove].map(edge)],
  })
  const problems = add.flatMap(otherId =>
    missingTarget(draft.instance(rowAddress(other, otherId)), other.name, otherId, path),
  )
  if (problems.length) return problems
  // An add takes over from the tags it saw, so that an edge carries one tag however often it is added.
  for (const otherId of new Set(add)) {
    const tags = yield* seenTags(step, tagsOf(draft.instance(edge(otherId)).cells[0]))
    author.write(edge(otherId), [{ field: 0, kind: 'edge', add: true, remove: tags }], cause)
  }
  for (const otherId of new Set(remove)) {
    const tags = yield* seenTags(step, tagsOf(draft.instance(edge(otherId)).cells[0]))
    if (tags.length)
      author.write(edge(otherId), [{ field: 0, kind: 'edge', add: false, remove: tags }], cause)
  }
  return []
}

/**
 * Who refers to a row by a one-to-one: by its claim before this mutation, or since it began. A removal that names
 * nobody reaches only what its author had seen.
 */
function* holders(
  { catalog, draft, author }: Step,
  entity: EntityView,
  { from, via }: Extract<InverseIR, { kind: 'single' }>,
  id: string,
): Generator<Needs, readonly string[], void> {
  const other = catalog.entity(from)
  const field = other.fields.get(via)?.number ?? 0
  const claim = oneToOneClaim(other.ir, via, id)
  yield* need(draft, { claims: [claim] })
  const before = draft.claim(claim)
  const since = draft
    .referring(rowAddress(entity, id))
    .filter(reference => reference.entity === other.ir.number && reference.field === field)
  const found = [...new Set([...(before === null ? [] : [before]), ...since.map(({ key }) => key)])]
  yield* need(draft, { instances: found.map(otherId => rowAddress(other, otherId)) })
  if (!author.apart) return found
  const stamps = found.map(otherId => clocksOf(draft.instance(rowAddress(other, otherId)), [field]))
  yield* need(draft, { stamps: stamps.flat() })
  return found.filter((_, i) => stamps[i]?.every(stamp => author.saw(draft.logged(stamp))))
}

/** A to-many is the other rows' to-one: adding sets it, removing clears it where it still points here. */
function* alterReferences(
  step: Step,
  inverse: Extract<InverseIR, { kind: 'many' | 'single' }>,
  id: string,
  add: readonly string[],
  remove: readonly string[],
  path: readonly string[],
): Generator<Needs, readonly Problem[], void> {
  const { catalog, draft, author } = step
  const cause = { at: path, own: false }
  const other = catalog.entity(inverse.from)
  const via = other.fields.get(inverse.via)
  if (!via) throw new Error(`${inverse.from} has no field ${inverse.via}`)
  yield* need(draft, { instances: [...add, ...remove].map(otherId => rowAddress(other, otherId)) })
  const problems: Problem[] = []
  for (const otherId of new Set(add)) {
    const address = rowAddress(other, otherId)
    const missing = missingTarget(draft.instance(address), other.name, otherId, path)
    problems.push(...missing)
    if (missing.length) continue
    const result = yield* fieldOps({ ...step, path }, other, otherId, {
      [via.name]: { kind: 'set', value: id },
    })
    problems.push(...result.problems)
    if (!result.problems.length) author.write(address, result.ops, cause)
  }
  for (const otherId of new Set(remove)) {
    const address = rowAddress(other, otherId)
    const instance = draft.instance(address)
    if (!visible(instance) || referredId(instance, via.number) !== id) continue
    if (!via.optional) {
      const message = `${other.name}.${via.name} is required: move ${otherId} to another ${via.name}, or delete it`
      problems.push(problem('REQUIRED', path, message))
      continue
    }
    const result = yield* fieldOps({ ...step, path }, other, otherId, {
      [via.name]: { kind: 'set', value: null },
    })
    author.write(address, result.ops, cause)
  }
  return problems
}

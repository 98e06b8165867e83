import type { Op } from '../change/change.ts'
import { visible } from '../change/merge.ts'
import type { FieldIR } from '../ir/ir.ts'
import { type Problem, problem } from '../problem.ts'
import type { Act, FieldActs } from './act.ts'
import { fieldOps } from './fields.ts'
import { link } from './links.ts'
import type { Needs } from './needs.ts'
import { need, rowAddress, type Step } from './step.ts'

/** Creates a row: its genesis, its fields with defaults, then its links. */
export function* create(
  step: Step,
  act: Extract<Act, { kind: 'create' }>,
): Generator<Needs, readonly Problem[], void> {
  const entity = step.catalog.entity(act.entity)
  const address = rowAddress(entity, act.id)
  yield* need(step.draft, { instances: [address] })
  const present = step.draft.instance(address)
  const path = [...step.path, 'id']
  if (present.dead)
    return [problem('ID_GONE', path, `${act.id} was deleted; a deleted id is never used again`)]
  const there = visible(present)
  if (there && !step.author.synced)
    return [problem('ID_TAKEN', path, `${act.id} exists already; update it, or choose another id`)]

  const left = entity.ir.fields.filter(
    field => !there && field.default !== undefined && !Object.hasOwn(act.fields, field.name),
  )
  const fields: FieldActs = left.length === 0 ? act.fields : { ...defaultsOf(left), ...act.fields }
  const result = yield* fieldOps(step, entity, act.id, fields)
  if (result.problems.length) return result.problems
  const genesis: Op = { field: 0, kind: 'create' }
  step.author.write(address, [genesis, ...result.ops], { at: step.path, own: true })
  return entity.inverses.size > 0 ? yield* link(step, entity, act.id, fields) : []
}

function defaultsOf(fields: readonly FieldIR[]): FieldActs {
  return Object.fromEntries(fields.map(field => [field.name, { kind: 'set', value: field.default ?? null }]))
}

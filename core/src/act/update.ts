import { visible } from '../change/merge.ts'
import { type Problem, problem } from '../problem.ts'
import type { Act } from './act.ts'
import { fieldOps } from './fields.ts'
import { link } from './links.ts'
import type { Needs } from './needs.ts'
import { need, rowAddress, type Step } from './step.ts'

/** Changes fields and links of a live row; what the act does not name stays untouched. */
export function* update(
  step: Step,
  act: Extract<Act, { kind: 'update' }>,
): Generator<Needs, readonly Problem[], void> {
  const entity = step.catalog.entity(act.entity)
  const address = rowAddress(entity, act.id)
  yield* need(step.draft, { instances: [address] })
  const present = step.draft.instance(address)
  if (present.dead && step.author.synced) {
    const fields = Object.keys(act.fields)
    step.superseded.push(...fields.map(field => ({ entity: entity.name, id: act.id, field })))
    return []
  }
  if (!visible(present)) {
    return [problem('NOT_FOUND', [...step.path, 'id'], `There is no ${act.entity} ${act.id}`)]
  }
  const result = yield* fieldOps(step, entity, act.id, act.fields)
  if (result.problems.length) return result.problems
  if (result.ops.length) step.author.write(address, result.ops, { at: step.path, own: true })
  return yield* link(step, entity, act.id, act.fields)
}

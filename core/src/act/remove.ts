import { visible } from '../change/merge.ts'
import type { EntityView } from '../ir/catalog.ts'
import { isReference } from '../ir/refer.ts'
import { type Problem, problem } from '../problem.ts'
import type { Act } from './act.ts'
import { MUTATION_LIMIT } from './limit.ts'
import type { Address, Needs, Reference } from './needs.ts'
import { addressKey } from './overlay.ts'
import { need, rowAddress, type Step } from './step.ts'

/**
 * Deletes a row. Inbound relations are expanded into explicit changes: cascade deletes, setNull clears, and
 * `restrict` refuses unless the referring row goes in the same cascade. Edges need no change of their own:
 * an edge is visible iff both ends are.
 */
export function* remove(
  step: Step,
  act: Extract<Act, { kind: 'delete' }>,
): Generator<Needs, readonly Problem[], void> {
  const { catalog, draft, author } = step
  const root = rowAddress(catalog.entity(act.entity), act.id)
  const path = [...step.path, 'id']
  yield* need(draft, { instances: [root] })
  if (!visible(draft.instance(root)))
    return [problem('NOT_FOUND', path, `There is no ${act.entity} ${act.id}`)]

  const fate = yield* consequences(step, root)
  if (fate.kind === 'tooLarge') {
    const message = `Deleting ${act.id} would change more than ${MUTATION_LIMIT} rows; delete them in parts first`
    return [problem('TOO_LARGE', path, message)]
  }
  if (fate.kind === 'restricted') {
    return [problem('RESTRICTED', path, `Other rows still refer to ${act.id}; delete or move them first`)]
  }
  const cause = { at: path, own: false }
  for (const { entity, key, field } of fate.cleared) {
    author.write({ entity, key }, [{ field, kind: 'register', value: null }], cause)
  }
  // Children go before their parents, so that no prefix of the log shows a row without its owner.
  for (const address of [...fate.doomed].reverse()) {
    author.write(address, [{ field: 0, kind: 'delete' }], cause)
  }
  return []
}

type Fate =
  | { readonly kind: 'restricted' }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'allowed'; readonly doomed: readonly Address[]; readonly cleared: readonly Reference[] }

/** Follows inbound references level by level: one load per level, however many rows. */
function* consequences({ catalog, draft }: Step, root: Address): Generator<Needs, Fate, void> {
  const doomed = new Map([[addressKey(root), root]])
  const cleared: Reference[] = []
  const restricting: Reference[] = []
  let level: readonly Address[] = [root]
  while (level.length) {
    yield* need(draft, { inbound: level })
    const references = level.flatMap(address => draft.inbound(address))
    yield* need(draft, { instances: references })
    const next: Address[] = []
    for (const reference of references) {
      const { entity, key, field } = reference
      const action = onDeleteOf(catalog.entityByNumber(entity), field)
      if (action === 'restrict') restricting.push(reference)
      else if (action === 'setNull') cleared.push(reference)
      else if (!doomed.has(addressKey(reference))) {
        doomed.set(addressKey(reference), { entity, key })
        next.push({ entity, key })
      }
    }
    if (doomed.size + cleared.length > MUTATION_LIMIT) return { kind: 'tooLarge' }
    level = next
  }
  const survives = (reference: Reference) => !doomed.has(addressKey(reference))
  if (restricting.some(survives)) return { kind: 'restricted' }
  return { kind: 'allowed', doomed: [...doomed.values()], cleared: cleared.filter(survives) }
}

function onDeleteOf(entity: EntityView | undefined, number: number): 'restrict' | 'cascade' | 'setNull' {
  const field = entity?.fieldsByNumber.get(number)
  if (!field || !isReference(field.type))
    throw new Error(`Field ${number} of ${entity?.name} is not a relation`)
  return field.type.onDelete
}
